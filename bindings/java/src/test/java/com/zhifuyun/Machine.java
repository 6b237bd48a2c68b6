package com.zhifuyun;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs {@link Program} in virtual machines of its own. */
final class Machine {
  private static final int LIMIT_SECONDS = 300;

  private Machine() {}

  record Ended(int status, String output, long millisAfterEnds) {}

  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** Runs {@link Program}; counts the time from the word {@code ends} to the end. */
  static Ended run(Path java, Mock mock, List<String> options, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(options);
    return run(command, mock, args);
  }

  static Ended run(List<String> java, Mock mock, String... args) throws Exception {
    List<String> command = new ArrayList<>(java);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Program.class.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "ZHIFUYUN_CLIENT_ID", mock.text("client_id"),
                "ZHIFUYUN_CLIENT_SECRET", mock.text("client_secret"),
                "ZHIFUYUN_BASE_URL", mock.text("url"),
                "ZHIFUYUN_PLAN", "off"));
    Process process = builder.start();
    // A machine that hangs must not hang the tests.
    CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    StringBuilder output = new StringBuilder();
    long ends = 0;
    for (String line = line(process); line != null; line = line(process)) {
      output.append(line).append('\n');
      if (line.equals("ends")) {
        ends = System.nanoTime();
      }
    }
    int status = process.waitFor();
    long millis = (System.nanoTime() - ends) / 1_000_000;
    return new Ended(status, output.toString(), millis);
  }

  private static String line(Process process) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read(); c != '\n'; c = process.getInputStream().read()) {
      if (c < 0) {
        return line.length() == 0 ? null : line.toString();
      }
      line.append((char) c);
    }
    return line.toString();
  }

  static List<String> library() {
    return List.of(
        "-D" + NativeLibrary.PROPERTY + "=" + System.getProperty(NativeLibrary.PROPERTY));
  }

  static List<String> library(String... more) {
    List<String> all = new ArrayList<>(library());
    all.addAll(List.of(more));
    return all;
  }

  /** This one, and those that make.sh names. */
  static List<Path> withVirtualThreads() {
    List<Path> all = new ArrayList<>();
    for (String home : System.getProperty("zhifuyun.test.jdks", "").split(":")) {
      if (!home.isEmpty()) {
        all.add(Path.of(home, "bin", "java"));
      }
    }
    if (Runtime.version().feature() >= 21) {
      all.add(java());
    }
    return all;
  }
}
