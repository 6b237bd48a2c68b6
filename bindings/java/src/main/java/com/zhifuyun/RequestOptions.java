package com.zhifuyun;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What one call does differently from its client. Immutable. */
public final class RequestOptions {
  /** Nothing. */
  public static final RequestOptions DEFAULT = new RequestOptions(new LinkedHashMap<>());

  private final Map<String, Object> values;

  private RequestOptions(Map<String, Object> values) {
    this.values = values;
  }

  /** A total deadline for the call: queueing, token, attempts and waits; more than zero. */
  public static RequestOptions timeout(Duration timeout) {
    return DEFAULT.withTimeout(timeout);
  }

  /** How often the call may be repeated after a transient failure; 0: never. */
  public static RequestOptions maxRetries(int retries) {
    return DEFAULT.withMaxRetries(retries);
  }

  /** These and a total deadline. */
  public RequestOptions withTimeout(Duration timeout) {
    return with("timeout", seconds(Given.value(timeout, "timeout")));
  }

  /** These and a number of retries. */
  public RequestOptions withMaxRetries(int retries) {
    return with("max_retries", retries);
  }

  private RequestOptions with(String name, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(values);
    all.put(name, value);
    return new RequestOptions(all);
  }

  static double seconds(Duration duration) {
    return duration.getSeconds() + duration.getNano() / 1e9;
  }

  String json() {
    return Json.object(values);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RequestOptions
        && Objects.equals(((RequestOptions) other).values, values);
  }

  @Override
  public int hashCode() {
    return Objects.hash(values);
  }

  @Override
  public String toString() {
    return "RequestOptions" + values;
  }
}
