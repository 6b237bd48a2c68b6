package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An enum that stays open: what a newer server adds arrives as it was sent, and compares, prints
 * and is sent back like any other value. Compare with {@code equals}.
 */
public abstract class OpenEnum {
  private final String value;

  OpenEnum(String value) {
    this.value = value;
  }

  /** The value as the API writes it. */
  @JsonValue
  public final String value() {
    return value;
  }

  /** Another one of this class. */
  abstract OpenEnum make(String value);

  @SuppressWarnings("unchecked")
  static <T extends OpenEnum> T find(List<T> known, String value) {
    Given.value(value, "value");
    for (T one : known) {
      if (one.value().equals(value)) {
        return one;
      }
    }
    return (T) known.get(0).make(value);
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && ((OpenEnum) other).value.equals(value);
  }

  @Override
  public final int hashCode() {
    return value.hashCode();
  }

  @Override
  public final String toString() {
    return value;
  }
}
