package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** How urgent a ticket is. A value that this version does not know is kept. */
public final class Priority extends OpenEnum {
  /** Can wait. */
  public static final Priority LOW = new Priority("low");

  /** The usual. */
  public static final Priority MEDIUM = new Priority("medium");

  /** Soon. */
  public static final Priority HIGH = new Priority("high");

  /** Now. */
  public static final Priority URGENT = new Priority("urgent");

  static final List<Priority> KNOWN = Arrays.asList(LOW, MEDIUM, HIGH, URGENT);

  private Priority(String value) {
    super(value);
  }

  @Override
  Priority make(String value) {
    return new Priority(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static Priority of(String value) {
    return find(KNOWN, value);
  }
}
