package com.zhifuyun;

import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One field that the server complained about. */
public final class FieldError implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String message;

  FieldError(String field, String message) {
    this.field = field;
    this.message = message;
  }

  /** The name of the field. */
  public String getField() {
    return field;
  }

  /** What is wrong with it. */
  public String getMessage() {
    return message;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldError
        && ((FieldError) other).field.equals(field)
        && ((FieldError) other).message.equals(message);
  }

  @Override
  public int hashCode() {
    return Objects.hash(field, message);
  }

  @Override
  public String toString() {
    return field + ": " + message;
  }
}
