package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/** How many requests per minute the account may make, which the client keeps to by itself. */
public final class Plan {
  /** 100 per minute. */
  public static final Plan FREE = new Plan("free");

  /** 1000 per minute. */
  public static final Plan ENTERPRISE = new Plan("enterprise");

  /** Sends freely until the server objects, then learns the limit. The default. */
  public static final Plan AUTO = new Plan("auto");

  /** No pacing. The server's 429 is still obeyed. */
  public static final Plan OFF = new Plan("off");

  private final String value;

  private Plan(String value) {
    this.value = value;
  }

  /** A limit of its own, at least 1. */
  public static Plan perMinute(int requests) {
    return new Plan(Integer.toString(requests));
  }

  /** From text: free, enterprise, auto, off or a number; checked when the client is built. */
  public static Plan of(String value) {
    return new Plan(Given.value(value, "plan"));
  }

  /** As text. */
  public String value() {
    return value;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Plan && ((Plan) other).value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return value;
  }
}
