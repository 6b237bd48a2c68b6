package com.zhifuyun;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Locale;

/** Which native library this machine needs. */
final class Platform {
  private Platform() {}

  private static String property(String name) {
    return System.getProperty(name, "").toLowerCase(Locale.ROOT);
  }

  static String os() {
    String os = property("os.name");
    return os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "macos" : os;
  }

  private static String arch() {
    String arch = property("os.arch");
    switch (arch) {
      case "amd64":
      case "x86-64":
        return "x86_64";
      case "arm64":
        return "aarch64";
      default:
        return arch;
    }
  }

  /** The directory in the JAR, such as {@code linux-x86_64} or {@code linux-musl-aarch64}. */
  static String name() {
    return os() + (isMusl() ? "-musl-" : "-") + arch();
  }

  private static boolean isMusl() {
    if (!os().equals("linux")) {
      return false;
    }
    // What this process runs on, whatever else the machine has.
    try {
      byte[] maps = Files.readAllBytes(Paths.get("/proc/self/maps"));
      return new String(maps, ISO_8859_1).contains("/ld-musl-");
    } catch (IOException e) {
      return hasMusl() && !hasGlibc();
    }
  }

  private static boolean hasMusl() {
    try (DirectoryStream<Path> loaders =
        Files.newDirectoryStream(Paths.get("/lib"), "ld-musl-*.so.1")) {
      return loaders.iterator().hasNext();
    } catch (IOException e) {
      return false;
    }
  }

  /** For messages: which C library this process runs on. */
  static String libc() {
    return !os().equals("linux") ? "" : isMusl() ? "musl, " : "glibc, ";
  }

  /** A machine may have musl beside glibc, for cross builds; then this process runs on glibc. */
  private static boolean hasGlibc() {
    for (String loader :
        new String[] {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"}) {
      if (Files.exists(Paths.get(loader))) {
        return true;
      }
    }
    return false;
  }

  static String library() {
    switch (os()) {
      case "windows":
        return "zhifuyun_java.dll";
      case "macos":
        return "libzhifuyun_java.dylib";
      default:
        return "libzhifuyun_java.so";
    }
  }
}
