package com.zhifuyun;

import static com.zhifuyun.Machine.java;
import static com.zhifuyun.Machine.library;
import static com.zhifuyun.Machine.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zhifuyun.Machine.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native half is found, and where it is not looked for. */
class LoaderTest {
  private static final String SEED = "{\"seed\":{\"conversations\":3,\"tickets\":250}}";

  @TempDir Path temporary;

  private List<String> places() {
    return List.of(
        "-Djava.io.tmpdir=" + temporary.resolve("tmp"), "-Duser.home=" + temporary.resolve("home"));
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  private static Path only(Path parent) throws IOException {
    return files(parent).stream().filter(Files::isDirectory).findFirst().orElseThrow();
  }

  @Test
  void theLibraryIsUnpackedOnce() throws Exception {
    Mock mock = new Mock(SEED);
    Path tmp = Files.createDirectory(temporary.resolve("tmp"));
    Files.createDirectory(temporary.resolve("home"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    Path directory = only(tmp);
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
    assertEquals(1, files(only(temporary.resolve("tmp"))).size());
  }

  @Test
  void aDirectoryThatIsOnlyReadIsGoodEnough() throws Exception {
    Mock mock = new Mock(SEED);
    Path tmp = Files.createDirectory(temporary.resolve("tmp"));
    Files.createDirectory(temporary.resolve("home"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    Path directory = only(tmp);
    FileTime time = Files.getLastModifiedTime(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-x------"));
    assertEquals("3\n", run(java(), mock, places(), "list").output());
    assertEquals(time, Files.getLastModifiedTime(directory), "nothing was written into it");
    assertEquals(List.of(), files(temporary.resolve("home")));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void aNewDirectoryIsTheLastResort() throws Exception {
    Path tmp = Files.createDirectory(temporary.resolve("tmp"));
    Path taken = tmp.resolve("zhifuyun-" + System.getProperty("user.name"));
    Files.writeString(taken, "in the way");
    List<String> options = List.of("-Djava.io.tmpdir=" + tmp, "-Duser.home=/proc/nobody");
    assertEquals("3\n", run(java(), new Mock(SEED), options, "list").output());
    assertEquals(List.of(taken), files(tmp), "it does not stay");
  }

  /** Where this user may mount something, which a container may forbid. */
  @Test
  void whereProgramsAreForbiddenTheCacheIsUsed() throws Exception {
    Path tmp = Files.createDirectory(temporary.resolve("tmp"));
    Files.createDirectory(temporary.resolve("home"));
    List<String> command = new ArrayList<>();
    if (canMount()) {
      String mount = "mount -t tmpfs -o noexec tmpfs '" + tmp + "' && exec \"$@\"";
      command.addAll(List.of("unshare", "-rm", "sh", "-c", mount, "sh"));
    } else {
      Files.writeString(tmp.resolve("zhifuyun-" + System.getProperty("user.name")), "in the way");
    }
    command.add(java().toString());
    command.addAll(places());
    assertEquals("3\n", run(command, new Mock(SEED), "list").output());
    assertEquals(1, files(temporary.resolve("home/.cache/zhifuyun")).size());
    if (canMount()) {
      command.add("-Duser.home=/proc/nobody");
      String said = run(command, new Mock(SEED), "list").output();
      assertTrue(said.contains("noexec") && said.contains("glibc"), said);
    }
  }

  private static boolean canMount() throws Exception {
    try {
      return new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aGivenLibraryServesEveryClassLoader() throws Exception {
    Files.createDirectory(temporary.resolve("tmp"));
    List<String> options = library("-Djava.io.tmpdir=" + temporary.resolve("tmp"));
    Path library = Path.of(System.getProperty(NativeLibrary.PROPERTY));
    List<Path> before = files(library);
    Ended ended =
        run(java(), new Mock(SEED), options, "reload", System.getProperty("java.class.path"));
    assertEquals("left 0\n", ended.output());
    assertEquals(before, files(library), "copies do not stay");
  }
}
