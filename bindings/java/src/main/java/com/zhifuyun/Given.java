package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/** Refuses null. Apart from {@link Errors}, with which every exception would be loaded at start. */
final class Given {
  private Given() {}

  static <T> T value(@Nullable T value, String name) {
    if (value == null) {
      throw Errors.argument(name, name + " must not be null");
    }
    return value;
  }
}
