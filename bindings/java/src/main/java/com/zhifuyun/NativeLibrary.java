package com.zhifuyun;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads the native half.
 *
 * <p>First the file that the property {@code zhifuyun.native.path} names, then the copy in the JAR,
 * which is unpacked once into a directory that only this user can write, below the temporary
 * directory, or below the user's cache where that one cannot hold programs. The name of the
 * unpacked file has its checksum, and the checksum is compared before it is loaded.
 */
final class NativeLibrary {
  static final String PROPERTY = "zhifuyun.native.path";

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");
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
      if (!attempt(Files.isDirectory(path) ? path.resolve(Platform.library()) : path)) {
        throw failure();
      }
      return;
    }
    String resource = "native/" + Platform.name() + "/" + Platform.library();
    URL library = NativeLibrary.class.getResource(resource);
    if (library == null) {
      tried.add("com/zhifuyun/" + resource + " on the class path: not there");
      throw failure();
    }
    for (Path directory : directories()) {
      Path file = unpack(library, resource, directory);
      if (file != null && (attempt(file) || loadCopy(file))) {
        return;
      }
    }
    throw failure();
  }

  private static List<Path> directories() {
    List<Path> all = new ArrayList<>();
    String user = System.getProperty("user.name", "user").replaceAll("[^A-Za-z0-9._-]", "_");
    all.add(Paths.get(System.getProperty("java.io.tmpdir"), "zhifuyun-" + user));
    String home = System.getProperty("user.home", "");
    String cache =
        System.getenv(Platform.os().equals("windows") ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    if (cache != null && !cache.isEmpty()) {
      all.add(Paths.get(cache, "zhifuyun"));
    } else if (!home.isEmpty() && !home.equals("?")) {
      String below = Platform.os().equals("macos") ? "Library/Caches" : ".cache";
      all.add(Paths.get(home, below, "zhifuyun"));
    }
    return all;
  }

  private boolean attempt(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
      return true;
    } catch (UnsatisfiedLinkError e) {
      tried.add(file + ": " + e.getMessage());
      return false;
    }
  }

  /** Another class loader has loaded this very file: a library is loaded once, so take a copy. */
  private boolean loadCopy(Path file) {
    if (!tried.get(tried.size() - 1).contains("already loaded in another classloader")) {
      return false;
    }
    try {
      Path copy = Files.createTempFile(file.getParent(), "copy-", "-" + Platform.library());
      Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      boolean done = attempt(copy);
      if (!Platform.os().equals("windows")) {
        Files.delete(copy);
      }
      return done;
    } catch (IOException e) {
      tried.add(file + ": no copy for another class loader: " + e);
      return false;
    }
  }

  /** The unpacked file, or null if this directory is of no use. */
  private @Nullable Path unpack(URL library, String resource, Path directory) {
    try {
      if (!isPrivate(directory)) {
        return null;
      }
      String sum = checksum(resource + ".crc32");
      Path file = directory.resolve(sum + "-" + Platform.library());
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && crc(file).equals(sum)) {
        return file;
      }
      Path part = Files.createTempFile(directory, "part-", "-" + Platform.library());
      try (InputStream in = library.openStream()) {
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        if (!crc(part).equals(sum)) {
          tried.add(part + ": does not have the checksum " + sum + "; is the disk full?");
          return null;
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return file;
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException | RuntimeException e) {
      tried.add(directory + ": " + e);
      return null;
    }
  }

  /** Makes the directory, and refuses one that somebody else could put a library into. */
  private boolean isPrivate(Path directory) throws IOException {
    boolean posix = Files.getFileStore(existing(directory)).supportsFileAttributeView("posix");
    Files.createDirectories(directory.toAbsolutePath().getParent());
    try {
      FileAttribute<?>[] attributes =
          posix
              ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PRIVATE)}
              : new FileAttribute<?>[0];
      Files.createDirectory(directory, attributes);
    } catch (FileAlreadyExistsException e) {
      // Made before, by this user or by another: see below.
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      tried.add(directory + ": is no directory");
      return false;
    }
    if (!posix) {
      return true;
    }
    Path own = Files.createTempFile(directory, "owner-", null);
    boolean mine;
    try {
      mine = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
    } finally {
      Files.delete(own);
    }
    if (!mine) {
      tried.add(directory + ": belongs to another user");
      return false;
    }
    if (!PRIVATE.equals(Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS))) {
      tried.add(directory + ": is not private (rwx------)");
      return false;
    }
    return true;
  }

  private static Path existing(Path path) {
    Path at = path.toAbsolutePath();
    while (!Files.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }

  private static String checksum(String resource) throws IOException {
    InputStream in = NativeLibrary.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException("com/zhifuyun/" + resource + " is missing in the JAR");
    }
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      return reader.readLine().trim();
    }
  }

  private static String crc(Path file) throws IOException {
    CRC32 crc = new CRC32();
    byte[] all = Files.readAllBytes(file);
    crc.update(all, 0, all.length);
    return String.format("%08x", crc.getValue());
  }

  private NativeLibraryException failure() {
    StringBuilder message = new StringBuilder("the native half cannot be loaded on ");
    message.append(Platform.name()).append(" (Java ");
    message.append(System.getProperty("java.version")).append("); tried:");
    for (String place : tried) {
      message.append("\n  ").append(place);
    }
    message.append("\nBuild it for this platform and name it by -D").append(PROPERTY).append("=…");
    return new NativeLibraryException(
        ZhifuyunException.data("config", "native_library", message.toString()));
  }
}
