package com.zhifuyun;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Locale;

/** Which native library this machine needs. */
final class Platform {
  private Platform() {}

  /** Only what may stand in names of files and in headers. Regular expressions start slowly. */
  static String plain(String text) {
    StringBuilder plain = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c < 128 && Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '_')) {
        plain.setCharAt(i, '_');
      }
    }
    return plain.toString();
  }

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
    if (!os().equals("linux") || !exists("/lib/ld-musl-" + arch() + ".so.1")) {
      return false;
    }
    // A machine may have it beside glibc, for cross builds. What this process runs on counts.
    try {
      byte[] maps = Files.readAllBytes(Paths.get("/proc/self/maps"));
      return new String(maps, ISO_8859_1).contains("/ld-musl-");
    } catch (IOException e) {
      return !exists("/lib64/ld-linux-x86-64.so.2") && !exists("/lib/ld-linux-aarch64.so.1");
    }
  }

  private static boolean exists(String file) {
    return new File(file).exists();
  }

  /** For messages: which C library this process runs on. */
  static String libc() {
    return !os().equals("linux") ? "" : isMusl() ? "musl, " : "glibc, ";
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
