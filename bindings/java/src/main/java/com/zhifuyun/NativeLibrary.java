package com.zhifuyun;

import java.io.DataInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads the native half.
 *
 * <p>First the file that the property {@code zhifuyun.native.path} names, then the copy in the JAR,
 * which is unpacked once into a directory that only this user can write, below the temporary
 * directory, or below the user's cache where that one cannot hold programs, and else into a new
 * directory that does not stay. The name of the unpacked file has its checksum, and the checksum is
 * compared before it is loaded.
 */
final class NativeLibrary {
  static final String PROPERTY = "zhifuyun.native.path";

  private static final Object LOCK = new Object();
  private static boolean loaded;

  private final List<String> tried = new ArrayList<>();

  private NativeLibrary() {}

  /**
   * Loads it, unless that was done.
   *
   * @throws NativeLibraryException if nothing works, each time with all reasons
   */
  static void load() {
    synchronized (LOCK) {
      if (!loaded) {
        new NativeLibrary().find();
        loaded = true;
      }
    }
  }

  private void find() {
    String given = System.getProperty(PROPERTY);
    if (given != null) {
      Path path = Paths.get(given);
      Path file = Files.isDirectory(path) ? path.resolve(Platform.library()) : path;
      if (!attempt(file) && !(isTaken() && attemptCopy(file))) {
        throw failure();
      }
      return;
    }
    String resource = "native/" + Platform.name() + "/" + Platform.library();
    String sum = checksum(resource + ".crc32");
    if (sum == null) {
      tried.add("com/zhifuyun/" + resource + " on the class path: not there");
      throw failure();
    }
    String user = Platform.plain(System.getProperty("user.name", "user"));
    Path temporary = Paths.get(System.getProperty("java.io.tmpdir"), "zhifuyun-" + user);
    if (attemptIn(temporary, resource, sum)) {
      return;
    }
    Path cache = cache();
    if (cache != null && attemptIn(cache, resource, sum)) {
      return;
    }
    if (!attemptFresh(directory -> unpackTo(directory, resource, sum))) {
      throw failure();
    }
  }

  private boolean attemptIn(Path directory, String resource, String sum) {
    Path file = unpack(resource, sum, directory);
    return file != null && (attempt(file) || isTaken() && attemptCopy(file));
  }

  private static @Nullable Path cache() {
    String home = System.getProperty("user.home", "");
    String cache =
        System.getenv(Platform.os().equals("windows") ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    if (cache != null && !cache.isEmpty()) {
      return Paths.get(cache, "zhifuyun");
    } else if (!home.isEmpty() && !home.equals("?")) {
      String below = Platform.os().equals("macos") ? "Library/Caches" : ".cache";
      return Paths.get(home, below, "zhifuyun");
    }
    return null;
  }

  private boolean attempt(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
      return true;
    } catch (UnsatisfiedLinkError e) {
      // The machine, and the linker below it, begin with the name of the file.
      String why = String.valueOf(e.getMessage()).replace(file.toAbsolutePath() + ": ", "");
      boolean barred =
          why.contains("failed to map segment") || why.contains("Operation not permitted");
      tried.add(file + ": " + why + (barred ? " (is it mounted with noexec?)" : ""));
      return false;
    }
  }

  /** Whether the last attempt failed because another class loader has loaded this very file. */
  private boolean isTaken() {
    String why = tried.get(tried.size() - 1).toLowerCase(Locale.ROOT);
    return why.contains("already loaded in another classloader");
  }

  /** A library is loaded once: other class loaders take a copy. Beside it, or wherever possible. */
  private boolean attemptCopy(Path file) {
    try {
      if (attemptAndDelete(copy(file, file.toAbsolutePath().getParent()))) {
        return true;
      }
    } catch (IOException | RuntimeException e) {
      // A directory of which one only reads.
    }
    return attemptFresh(directory -> copy(file, directory));
  }

  private static Path copy(Path file, Path directory) throws IOException {
    Path copy = Files.createTempFile(directory, "copy-", "-" + Platform.library());
    return Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
  }

  private boolean attemptAndDelete(Path file) throws IOException {
    boolean done = attempt(file);
    if (!Platform.os().equals("windows")) {
      Files.delete(file);
    }
    return done;
  }

  /** Makes the file in a directory that is new and only this user's. */
  private boolean attemptFresh(Maker maker) {
    Path directory = null;
    try {
      directory = Files.createTempDirectory("zhifuyun-");
      return attemptAndDelete(maker.make(directory));
    } catch (IOException | RuntimeException e) {
      tried.add((directory == null ? "a new temporary directory" : directory) + ": " + e);
      return false;
    } finally {
      if (directory != null && !Platform.os().equals("windows")) {
        // Empty by now, or else it is the operating system's to clear.
        directory.toFile().delete();
      }
    }
  }

  private interface Maker {
    Path make(Path directory) throws IOException;
  }

  /** The unpacked file, or null if this directory is of no use. */
  private @Nullable Path unpack(String resource, String sum, Path directory) {
    try {
      if (!isPrivate(directory)) {
        return null;
      }
      Path file = directory.resolve(sum + "-" + Platform.library());
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && crc(file).equals(sum)) {
        return file;
      }
      return Files.move(
          unpackTo(directory, resource, sum),
          file,
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException e) {
      tried.add(directory + ": " + e);
      return null;
    }
  }

  private static Path unpackTo(Path directory, String resource, String sum) throws IOException {
    Path part = Files.createTempFile(directory, "part-", "-" + Platform.library());
    boolean whole = false;
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("com/zhifuyun/" + resource + " is missing in the JAR");
      }
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      whole = crc(part).equals(sum);
      if (!whole) {
        throw new IOException("the file does not have the checksum " + sum + "; is the disk full?");
      }
      return part;
    } finally {
      if (!whole) {
        Files.deleteIfExists(part);
      }
    }
  }

  /** Makes the directory, and refuses one that somebody else could put a library into. */
  private boolean isPrivate(Path directory) throws IOException {
    boolean posix = !Platform.os().equals("windows");
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      make(directory, posix);
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      tried.add(directory + ": is no directory");
      return false;
    }
    if (!posix) {
      return true;
    }
    if (!isOwn(directory)) {
      tried.add(directory + ": belongs to another user");
      return false;
    }
    if ((number(directory, "mode", LinkOption.NOFOLLOW_LINKS) & 077) != 0) {
      tried.add(directory + ": is not private (rwx------)");
      return false;
    }
    return true;
  }

  private static void make(Path directory, boolean posix) throws IOException {
    Files.createDirectories(directory.toAbsolutePath().getParent());
    try {
      FileAttribute<?>[] attributes =
          posix
              ? new FileAttribute<?>[] {
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
              }
              : new FileAttribute<?>[0];
      Files.createDirectory(directory, attributes);
    } catch (FileAlreadyExistsException e) {
      // Made in this moment, by this user or by another: whoever uses it looks.
    }
  }

  /** By the owner of this process, or where that is not told, of a file that it makes. */
  private static boolean isOwn(Path directory) throws IOException {
    int owner = number(directory, "uid", LinkOption.NOFOLLOW_LINKS);
    Path process = Paths.get("/proc/self");
    if (Files.exists(process) && number(process, "uid") == owner) {
      return true;
    }
    Path own = Files.createTempFile(directory, "owner-", null);
    try {
      return number(own, "uid") == owner;
    } finally {
      Files.delete(own);
    }
  }

  /** An attribute as the system has it: what an owner is called may be known far away only. */
  private static int number(Path file, String attribute, LinkOption... options) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:" + attribute, options);
  }

  /** The checksum that belongs to a resource; null if there is none. */
  private static @Nullable String checksum(String resource) {
    // Class loaders would look through all modules of the machine first: a tenth of a start.
    try (ZipFile jar = new ZipFile(jar())) {
      ZipEntry entry = jar.getEntry("com/zhifuyun/" + resource);
      if (entry != null) {
        return checksum(jar.getInputStream(entry));
      }
    } catch (IOException | RuntimeException e) {
      // A directory, or a JAR within a JAR.
    }
    InputStream in = NativeLibrary.class.getResourceAsStream(resource);
    try {
      return in == null ? null : checksum(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String checksum(InputStream in) throws IOException {
    byte[] sum = new byte[8];
    try (DataInputStream data = new DataInputStream(in)) {
      data.readFully(sum);
    }
    return new String(sum, StandardCharsets.US_ASCII);
  }

  /** Where this class is from. */
  private static File jar() {
    URL place = NativeLibrary.class.getProtectionDomain().getCodeSource().getLocation();
    return new File(URI.create(place.toString()));
  }

  private static String crc(Path file) throws IOException {
    CRC32 crc = new CRC32();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = new FileInputStream(file.toFile())) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        crc.update(buffer, 0, n);
      }
    }
    return Long.toHexString(crc.getValue() | 1L << 32).substring(1);
  }

  private RuntimeException failure() {
    StringBuilder message = new StringBuilder("the native half cannot be loaded on ");
    message.append(Platform.name()).append(" (").append(Platform.libc()).append("Java ");
    message.append(System.getProperty("java.version")).append("); tried:");
    for (String place : tried) {
      message.append("\n  ").append(place);
    }
    message
        .append("\nBuild it for this platform and name it by -D")
        .append(PROPERTY)
        .append("=/path/to/library");
    return Errors.nativeLibrary(message.toString());
  }
}
