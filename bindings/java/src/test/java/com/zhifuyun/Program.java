package com.zhifuyun;

import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What must be seen from outside of a virtual machine: a program for {@link ProcessTest}. */
public final class Program {
  private Program() {}

  static ZhifuyunClient client() {
    return ZhifuyunClient.builder().fromEnv().build();
  }

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "load" -> client().close();
      case "list" -> System.out.println(client().conversations().list().getItems().size());
      case "exit" -> inFlight(false);
      case "system-exit" -> inFlight(true);
      case "pages" -> pages(Integer.parseInt(args[1]));
      case "memory" -> memory();
      case "virtual" -> virtual();
      case "check" -> check();
      case "reload" -> reload(args[1]);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Ends with calls of every kind under way. */
  private static void inFlight(boolean explicitly) throws Exception {
    ZhifuyunClient client = client();
    CountDownLatch started = new CountDownLatch(8);
    for (int i = 0; i < 8; i++) {
      client.async().conversations().list();
      Thread thread =
          new Thread(
              () -> {
                started.countDown();
                client.conversations().list();
              });
      thread.setDaemon(true);
      thread.start();
    }
    started.await();
    Thread.sleep(100);
    System.out.println("ends");
    if (explicitly) {
      System.exit(3);
    }
  }

  /** Reads so many pages, through both clients, and says how much memory that took. */
  private static void pages(int count) throws Exception {
    ZhifuyunClient client = client();
    long before = 0;
    for (int read = 0; read < count; ) {
      Iterator<Page<Ticket>> pages = client.tickets().iterate(q -> q.limit(1)).pages().iterator();
      while (pages.hasNext()) {
        read += pages.next().getItems().size();
      }
      AsyncListing<Ticket> listing = client.async().tickets().iterate(q -> q.limit(1));
      while (listing.nextPage().join() != null) {
        read++;
      }
      if (before == 0 && read >= count / 10) {
        before = resident();
      }
    }
    System.out.println("grew by " + (resident() - before) + " KiB");
  }

  private static long resident() throws Exception {
    for (String line : java.nio.file.Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new AssertionError("no VmRSS");
  }

  /** Asks for more than fits, and then for less. */
  private static void memory() {
    ZhifuyunClient client = client();
    try {
      client.conversations().list();
    } catch (OutOfMemoryError e) {
      System.out.println(e.getClass().getSimpleName());
    }
    for (int round = 0; round < 2; round++) {
      try {
        client.async().conversations().list().join();
      } catch (java.util.concurrent.CompletionException e) {
        String less = " " + client.async().tickets().list().join().getItems().size();
        boolean said = e.getCause().getMessage().contains("Java's heap had no room");
        System.out.println((said ? "no room" : e.getCause()) + less);
      }
    }
  }

  /** 200 calls of 100 ms on virtual threads; then 200 iterators that this thread made. */
  private static void virtual() throws Exception {
    ZhifuyunClient client = client();
    client.authenticate();
    ExecutorService threads =
        (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    for (int round = 0; round < 3; round++) {
      long began = System.nanoTime();
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Iterator<Conversation> items = client.conversations().iterate().iterator();
        Runnable call = round < 2 ? client.conversations()::list : items::hasNext;
        all.add(threads.submit(call));
      }
      for (Future<?> one : all) {
        one.get();
      }
      System.out.println("took " + (System.nanoTime() - began) / 1_000_000 + " ms");
    }
    Thread waiting = Thread.currentThread();
    Future<?> interrupted =
        threads.submit(
            () -> {
              Thread.currentThread().interrupt();
              client.conversations().iterate().iterator().hasNext();
            });
    try {
      interrupted.get();
    } catch (java.util.concurrent.ExecutionException e) {
      System.out.println(e.getCause().getClass().getSimpleName() + waiting.isInterrupted());
    }
  }

  /** A little of everything, for -Xcheck:jni. */
  private static void check() throws Exception {
    try (ZhifuyunClient client = client()) {
      for (int i = 0; i < 50; i++) {
        client.conversations().list();
        client.async().conversations().list().join();
        client.tickets().iterate().stream().limit(150).count();
        client.quota();
        try {
          client.conversations().get("nobody");
        } catch (NotFoundException e) {
          client.async().tickets().list().cancel(true);
        }
      }
      Thread.currentThread().interrupt();
      try {
        client.conversations().list();
      } catch (CallInterruptedException e) {
        System.out.println("checked " + Thread.interrupted());
      }
      Webhook hook =
          Webhook.builder().secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").build();
      byte[] body = "{\"event\":\"x\"}".getBytes();
      hook.verify(hook.sign("m", java.time.Instant.now(), body), body);
    }
  }

  /** Loads the library in class loaders that come and go, as a web container does. */
  private static void reload(String classPath) throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : classPath.split(java.io.File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      URLClassLoader loader =
          new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
      Class<?> program = loader.loadClass("com.zhifuyun.Program");
      program.getMethod("once").invoke(null);
      loader.close();
      loaders.add(new WeakReference<>(loader));
    }
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (loaders.stream().anyMatch(l -> l.get() != null) && System.nanoTime() < deadline) {
      System.gc();
      Thread.sleep(100);
    }
    System.out.println("left " + loaders.stream().filter(l -> l.get() != null).count());
  }

  public static void once() {
    try (ZhifuyunClient client = client()) {
      client.conversations().list();
      client.async().conversations().list().join();
    }
  }
}
