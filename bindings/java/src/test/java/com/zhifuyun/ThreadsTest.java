package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interrupts, cancellation, callbacks and races. */
@Timeout(60)
class ThreadsTest {
  private static ZhifuyunException failure(Runnable call) {
    return assertThrows(ZhifuyunException.class, call::run);
  }

  /** Interrupts a call once its request has arrived, and returns what it threw. */
  private static CallInterruptedException interrupt(Mock mock, Runnable call) throws Exception {
    return interrupt(mock, "/v1/", call);
  }

  private static CallInterruptedException interrupt(Mock mock, String path, Runnable call)
      throws Exception {
    boolean[] marked = new boolean[1];
    FutureTask<ZhifuyunException> task =
        new FutureTask<>(
            () -> {
              ZhifuyunException e = failure(call);
              marked[0] = Thread.currentThread().isInterrupted();
              return e;
            });
    Thread thread = new Thread(task);
    thread.start();
    Mock.until(() -> mock.requests(path) == 1);
    long began = System.nanoTime();
    thread.interrupt();
    ZhifuyunException e = task.get();
    // The answer itself takes 8 s.
    assertTrue(System.nanoTime() - began < 4_000_000_000L, "the interrupt is noticed soon");
    assertTrue(marked[0], "the interrupt mark is kept");
    return assertInstanceOf(CallInterruptedException.class, e);
  }

  @Test
  void interruptsEndCalls() throws Exception {
    Mock reads = new Mock(Mock.SLOW);
    try (ZhifuyunClient client = reads.builder().build()) {
      CallInterruptedException e = interrupt(reads, () -> client.conversations().list());
      assertFalse(e.isMaybeApplied());
      assertEquals("conversations.list", e.getOperation());
      assertEquals("interrupted", e.getKind());
    }
    Mock writes = new Mock(Mock.SLOW);
    try (ZhifuyunClient client = writes.builder().build()) {
      CallInterruptedException e = interrupt(writes, () -> create(client, false));
      assertTrue(e.isMaybeApplied());
      assertEquals("tickets.create", e.getOperation());
      assertTrue(e.getMessage().startsWith("tickets.create: interrupted"), e.getMessage());
      assertTrue(e.getMessage().contains("may have been applied"), e.getMessage());
    }
    Mock walks = new Mock(Mock.SLOW);
    try (ZhifuyunClient client = walks.builder().build()) {
      interrupt(walks, () -> client.tickets().iterate().iterator().hasNext());
    }
  }

  /** On the calling thread, or as virtual threads do it. */
  private static void create(ZhifuyunClient client, boolean background) {
    CreateTicket ticket = CreateTicket.builder().title("T").description("D").build();
    Operation<Ticket> operation = Operation.CREATE_TICKET;
    Core core = core(client);
    core.wait(
        operation, background, new Core.Call<>(core, operation, ticket, RequestOptions.DEFAULT));
  }

  @Test
  void interruptsKnowWhetherAWriteMayHaveLeft() throws Exception {
    String slowToken =
        "{\"faults\":[{\"match\":{\"path\":\"/oauth/token\"},\"action\":{\"delay_ms\":8000}}]}";
    for (boolean background : new boolean[] {false, true}) {
      Mock left = new Mock(Mock.SLOW);
      try (ZhifuyunClient client = left.builder().build()) {
        assertTrue(interrupt(left, () -> create(client, background)).isMaybeApplied());
      }
      Mock token = new Mock(slowToken);
      try (ZhifuyunClient client = token.builder().build()) {
        CallInterruptedException e =
            interrupt(token, "/oauth/token", () -> create(client, background));
        assertFalse(e.isMaybeApplied());
        assertFalse(e.getMessage().contains("may have been applied"), e.getMessage());
        assertEquals(0, token.requests());
      }
    }
  }

  @Test
  void anInterruptedThreadMakesNoCall() {
    Mock mock = new Mock("{}");
    try (ZhifuyunClient client = mock.builder().build()) {
      Thread.currentThread().interrupt();
      ZhifuyunException e = failure(() -> client.conversations().list());
      assertTrue(Thread.interrupted());
      assertFalse(e.isMaybeApplied());
      assertEquals(0, mock.requests());
      assertEquals(0, client.conversations().list().getItems().size());
    }
  }

  @Test
  void cancellingAbortsTheRequest() throws Exception {
    try (Silent server = new Silent();
        ZhifuyunAsyncClient client = server.client()) {
      CompletableFuture<Page<Conversation>> call = client.conversations().list();
      assertTrue(server.arrived.await(10, TimeUnit.SECONDS));
      assertTrue(call.cancel(true));
      assertThrows(CancellationException.class, call::join);
      assertTrue(server.hungUp.await(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void timingOutAFutureAbortsTheRequest() throws Exception {
    try (Silent server = new Silent();
        ZhifuyunAsyncClient client = server.client()) {
      CompletableFuture<Page<Conversation>> call = client.conversations().list();
      assertTrue(server.arrived.await(10, TimeUnit.SECONDS));
      call.orTimeout(20, TimeUnit.MILLISECONDS);
      Throwable e = assertThrows(CompletionException.class, call::join).getCause();
      assertInstanceOf(java.util.concurrent.TimeoutException.class, e);
      assertTrue(server.hungUp.await(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void cancellingAnIterationAbortsItsRequest() throws Exception {
    try (Silent server = new Silent();
        ZhifuyunAsyncClient client = server.client()) {
      CompletableFuture<?> all = client.tickets().iterate().toList();
      assertTrue(server.arrived.await(10, TimeUnit.SECONDS));
      all.cancel(true);
      assertTrue(server.hungUp.await(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void callbacksMayBlockAndCallAgain() {
    Mock mock = new Mock("{\"seed\":{\"conversations\":3,\"tickets\":0}}");
    try (ZhifuyunAsyncClient client = mock.asyncBuilder().build()) {
      List<CompletableFuture<Long>> all = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        all.add(
            client
                .conversations()
                .list()
                .thenApply(page -> client.conversations().list().join().getTotal()));
      }
      all.forEach(f -> assertEquals(3L, f.join()));
    }
  }

  @Test
  void futuresCompleteOnOwnOrGivenThreads() throws Exception {
    Mock mock = new Mock("{}");
    Set<String> names = ConcurrentHashMap.newKeySet();
    ExecutorService given = Executors.newSingleThreadExecutor(r -> new Thread(r, "given"));
    try (ZhifuyunAsyncClient own = mock.asyncBuilder().build();
        ZhifuyunAsyncClient other = mock.asyncBuilder().executor(given).build()) {
      CountDownLatch done = new CountDownLatch(40);
      for (int i = 0; i < 20; i++) {
        own.conversations().list().whenComplete((v, e) -> note(names, "own", done));
        other.conversations().list().whenComplete((v, e) -> note(names, "other", done));
      }
      assertTrue(done.await(20, TimeUnit.SECONDS));
      // Where a call ended before whenComplete was called, that is the thread.
      names.removeIf(n -> n.endsWith(Thread.currentThread().getName()));
      assertEquals(Set.of("own zhifuyun-completions", "other given"), names);
    } finally {
      given.shutdown();
    }
  }

  @Test
  void anExecutorThatFailsFailsTheFuture() {
    Mock mock = new Mock("{}");
    for (Throwable thrown :
        new Throwable[] {new RejectedExecutionException(), new AssertionError("on purpose")}) {
      Executor executor =
          task -> {
            throw ThreadsTest.<RuntimeException>sneak(thrown);
          };
      try (ZhifuyunAsyncClient client = mock.asyncBuilder().executor(executor).build()) {
        CompletableFuture<?> call = client.conversations().list();
        assertSame(thrown, assertThrows(CompletionException.class, call::join).getCause());
        CompletableFuture<?> page = client.tickets().iterate().nextPage();
        assertSame(thrown, assertThrows(CompletionException.class, page::join).getCause());
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void callsSurviveWithoutFurtherThreads() throws Exception {
    Mock mock = new Mock("{\"seed\":{\"conversations\":3,\"tickets\":0}}");
    boolean[] allowed = {false};
    Completions completions =
        new Completions(
            work -> {
              // Never one in place of one that has a result to deliver.
              if (!allowed[0] || Thread.currentThread().getName().equals("test")) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              Threads.startDaemon("test", work);
            });
    try (ZhifuyunClient client = mock.builder().build()) {
      Core core = core(client);
      Core.Call<Page<Conversation>> call =
          new Core.Call<>(core, Operation.LIST_CONVERSATIONS, Request.NONE, RequestOptions.DEFAULT);
      CompletableFuture<?> none = completions.start(call, null, call::read);
      Throwable e = assertThrows(CompletionException.class, none::join).getCause();
      assertInstanceOf(OutOfMemoryError.class, e);
      assertEquals(0, mock.requests());
      allowed[0] = true;
      List<CompletableFuture<Page<Conversation>>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(completions.start(call, null, call::read));
      }
      for (CompletableFuture<Page<Conversation>> one : all) {
        assertEquals(3, one.get().getItems().size());
      }
    }
  }

  @Test
  void threadsOfTheLibraryInheritNothing() throws Exception {
    InheritableThreadLocal<String> user = new InheritableThreadLocal<>();
    user.set("alice");
    CompletableFuture<Optional<String>> seen = new CompletableFuture<>();
    Threads.startDaemon("test", () -> seen.complete(Optional.ofNullable(user.get())));
    assertEquals(Optional.empty(), seen.get());
  }

  private static void note(Set<String> names, String client, CountDownLatch done) {
    names.add(client + " " + Thread.currentThread().getName());
    done.countDown();
  }

  @Test
  void closingRacesWithCalls() throws Exception {
    Mock mock = new Mock("{\"seed\":{\"conversations\":5,\"tickets\":0}}");
    for (int round = 0; round < 5; round++) {
      ZhifuyunClient client = mock.builder().build();
      CountDownLatch started = new CountDownLatch(64);
      List<FutureTask<Integer>> tasks = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        boolean async = i % 2 == 0;
        FutureTask<Integer> task = new FutureTask<>(() -> untilClosed(client, async, started));
        tasks.add(task);
        new Thread(task).start();
      }
      started.await();
      client.close();
      client.close();
      for (FutureTask<Integer> task : tasks) {
        assertTrue(task.get() >= 1);
      }
    }
  }

  private static int untilClosed(ZhifuyunClient client, boolean async, CountDownLatch started) {
    for (int n = 0; ; n++) {
      try {
        Page<Conversation> page =
            async ? client.async().conversations().list().join() : client.conversations().list();
        assertEquals(5, page.getItems().size());
      } catch (ClosedException e) {
        return n;
      } catch (CompletionException e) {
        assertInstanceOf(ClosedException.class, e.getCause());
        return n;
      } finally {
        if (n == 0) {
          started.countDown();
        }
      }
    }
  }

  @Test
  void aPanicIsAnException() {
    Operation<Void> panic = Operation.ofNothing("internal.panic");
    Mock mock = new Mock("{}");
    try (ZhifuyunClient client = mock.builder().build()) {
      Core core = core(client);
      for (int i = 0; i < 3; i++) {
        ZhifuyunException e = failure(() -> core.call(panic, Request.NONE, RequestOptions.DEFAULT));
        assertInstanceOf(InternalException.class, e);
        assertFalse(e.toString().contains("deliberate"));
        CompletableFuture<Void> call = core.submit(panic, Request.NONE, RequestOptions.DEFAULT);
        assertInstanceOf(
            InternalException.class,
            assertThrows(CompletionException.class, call::join).getCause());
      }
      assertEquals(0, client.conversations().list().getItems().size());
    }
  }

  private static Core core(ZhifuyunClient client) {
    try {
      java.lang.reflect.Field field = ZhifuyunClient.class.getDeclaredField("core");
      field.setAccessible(true);
      return (Core) field.get(client);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void listenersHearAndMayFail() {
    Mock mock = new Mock("{}");
    List<ClientEvent> heard = new ArrayList<>();
    List<Thread> where = new ArrayList<>();
    ZhifuyunClient.Builder builder =
        mock.builder()
            .listener(
                event -> {
                  heard.add(event);
                  where.add(Thread.currentThread());
                  throw new AssertionError("a listener fails on purpose");
                });
    java.util.logging.Logger log = Log.LOGGER;
    log.setUseParentHandlers(false);
    try (ZhifuyunClient client = builder.build()) {
      client.conversations().list();
      assertEquals("request", heard.get(heard.size() - 2).getName());
      ClientEvent response = heard.get(heard.size() - 1);
      assertEquals(200L, response.getHttpStatus());
      assertEquals("conversations.list", response.getOperation());
      where.forEach(thread -> assertSame(Thread.currentThread(), thread));
      assertFalse(heard.toString().contains(mock.text("client_secret")));
    } finally {
      log.setUseParentHandlers(true);
    }
  }
}
