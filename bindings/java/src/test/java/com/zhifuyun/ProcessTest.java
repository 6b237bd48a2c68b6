package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole virtual machines: how they end, what they need, what they load. */
class ProcessTest {
  private static final String SEED = "{\"seed\":{\"conversations\":3,\"tickets\":250}}";

  @TempDir Path temporary;

  private record Ended(int status, String output, long millisAfterEnds) {}

  private static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** Runs {@link Program}; counts the time from the word {@code ends} to the end. */
  private static Ended run(Path java, Mock mock, List<String> options, String... args)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(options);
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
    StringBuilder output = new StringBuilder();
    long ends = 0;
    for (String line = line(process); line != null; line = line(process)) {
      output.append(line).append('\n');
      if (line.equals("ends")) {
        ends = System.nanoTime();
      }
    }
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    long millis = (System.nanoTime() - ends) / 1_000_000;
    return new Ended(process.exitValue(), output.toString(), millis);
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

  private static List<String> library() {
    return List.of(
        "-D" + NativeLibrary.PROPERTY + "=" + System.getProperty(NativeLibrary.PROPERTY));
  }

  private static List<String> library(String... more) {
    List<String> all = new ArrayList<>(library());
    all.addAll(List.of(more));
    return all;
  }

  @Test
  void endsWithCallsUnderWay() throws Exception {
    Mock mock = new Mock(Mock.SLOW);
    for (String how : new String[] {"exit", "system-exit"}) {
      Ended ended = run(java(), mock, library(), how);
      assertEquals(how.equals("exit") ? 0 : 3, ended.status(), ended.output());
      assertTrue(ended.millisAfterEnds() < 1000, how + ": " + ended.millisAfterEnds() + " ms");
    }
  }

  @Test
  void jniIsUsedCorrectly() throws Exception {
    Ended ended = run(java(), new Mock(SEED), library("-Xcheck:jni"), "check");
    assertEquals("checked true\n", ended.output());
    assertEquals(0, ended.status());
  }

  @Test
  void manyPagesNeedNoMemory() throws Exception {
    int pages = Integer.getInteger("zhifuyun.test.pages", 5_000);
    Ended ended = run(java(), new Mock(SEED), library("-Xmx64m"), "pages", Integer.toString(pages));
    assertEquals(0, ended.status(), ended.output());
    long grown = Long.parseLong(ended.output().replaceAll("[^0-9-]", ""));
    assertTrue(grown < 40_000, ended.output());
  }

  @Test
  void virtualThreadsDoNotPin() throws Exception {
    Mock mock =
        new Mock(
            "{\"faults\":[{\"match\":{\"path\":\"/v1/conversations\"},"
                + "\"action\":{\"delay_ms\":100}}]}");
    List<Path> machines = withVirtualThreads();
    assertFalse(machines.isEmpty(), "no Java 21 or later; make.sh test gets one");
    for (Path machine : machines) {
      Ended ended = run(machine, mock, library("--enable-native-access=ALL-UNNAMED"), "virtual");
      assertEquals(0, ended.status(), ended.output());
      String[] lines = ended.output().split("\n");
      assertEquals(3, lines.length, ended.output());
      assertTrue(Integer.parseInt(lines[1].replaceAll("[^0-9]", "")) < 800, ended.output());
      assertEquals("CallInterruptedExceptionfalse", lines[2]);
    }
  }

  /** This one, and those that make.sh names. */
  private static List<Path> withVirtualThreads() {
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

  private List<String> places() {
    return List.of(
        "-Djava.io.tmpdir=" + temporary.resolve("tmp"), "-Duser.home=" + temporary.resolve("home"));
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  @Test
  void theLibraryIsUnpackedOnce() throws Exception {
    Mock mock = new Mock(SEED);
    Path tmp = Files.createDirectory(temporary.resolve("tmp"));
    Files.createDirectory(temporary.resolve("home"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    Path directory = files(tmp).stream().filter(Files::isDirectory).findFirst().orElseThrow();
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
    Path library = files(directory).get(0);
    FileTime time = Files.getLastModifiedTime(library);
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    assertEquals(time, Files.getLastModifiedTime(library));
    assertEquals(List.of(library), files(directory));

    // A copy that was changed is not loaded but replaced.
    Files.writeString(library, "not a library");
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    assertTrue(Files.size(library) > 100_000);

    // A directory that others can write is not used.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    assertEquals(1, files(temporary.resolve("home/.cache/zhifuyun")).size());
  }

  @Test
  void whatCannotBeLoadedIsSaid() throws Exception {
    Mock mock = new Mock(SEED);
    // No directory can be made below a file.
    Files.writeString(temporary.resolve("tmp"), "");
    Files.createDirectory(temporary.resolve("home"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());

    Ended nowhere =
        run(
            java(),
            mock,
            List.of("-Djava.io.tmpdir=" + temporary.resolve("tmp"), "-Duser.home=/proc/nobody"),
            "list");
    assertEquals(1, nowhere.status());
    for (String part : new String[] {Platform.name(), "tmp/zhifuyun-", "/proc/nobody/.cache"}) {
      assertTrue(nowhere.output().contains(part), nowhere.output());
    }
    Ended wrong = run(java(), mock, List.of("-Dzhifuyun.native.path=/nowhere/lib.so"), "list");
    assertTrue(wrong.output().contains("NativeLibraryException"), wrong.output());
    assertTrue(wrong.output().contains("/nowhere/lib.so"), wrong.output());
    Ended other = run(java(), mock, List.of("-Dos.arch=vax"), "list");
    assertTrue(other.output().contains("linux-vax"), other.output());
  }

  @Test
  void classLoadersComeAndGo() throws Exception {
    Files.createDirectory(temporary.resolve("tmp"));
    Ended ended =
        run(java(), new Mock(SEED), places(), "reload", System.getProperty("java.class.path"));
    assertEquals("left 0\n", ended.output());
    // Copies for other class loaders do not stay.
    Path directory =
        files(temporary.resolve("tmp")).stream()
            .filter(Files::isDirectory)
            .findFirst()
            .orElseThrow();
    assertEquals(1, files(directory).size());
  }

  @Test
  void newerMachinesDoNotWarn() throws Exception {
    for (Path machine : withVirtualThreads()) {
      Ended ended =
          run(machine, new Mock(SEED), library("--enable-native-access=ALL-UNNAMED"), "list");
      assertEquals("3\n", new String(ended.output().getBytes(), StandardCharsets.UTF_8));
    }
  }
}
