package com.zhifuyun;

import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the time of a call went. */
public final class Timing implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Duration total;
  private final Duration queued;
  private final Duration token;
  private final Duration backoff;
  private final Duration network;

  Timing(Reader in) {
    total = Duration.ofNanos(in.int64());
    queued = Duration.ofNanos(in.int64());
    token = Duration.ofNanos(in.int64());
    backoff = Duration.ofNanos(in.int64());
    network = Duration.ofNanos(in.int64());
  }

  Timing(Map<String, Object> seconds) {
    total = seconds(seconds.get("total"));
    queued = seconds(seconds.get("queued"));
    token = seconds(seconds.get("token"));
    backoff = seconds(seconds.get("backoff"));
    network = seconds(seconds.get("network"));
  }

  static Duration seconds(@Nullable Object seconds) {
    double value = seconds == null ? 0 : ((Number) seconds).doubleValue();
    long whole = (long) value;
    return Duration.ofSeconds(whole, Math.round((value - whole) * 1e9));
  }

  /** All of it. */
  public Duration getTotal() {
    return total;
  }

  /** Waiting for a slot of the plan or for a rate-limit pause to end. */
  public Duration getQueued() {
    return queued;
  }

  /** Waiting for an access token. */
  public Duration getToken() {
    return token;
  }

  /** Sleeping between attempts. */
  public Duration getBackoff() {
    return backoff;
  }

  /** Requests under way. */
  public Duration getNetwork() {
    return network;
  }

  /** Time the client waited by its own choice: for its turn and between attempts. */
  public Duration waited() {
    return queued.plus(backoff);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Timing
        && Objects.equals(((Timing) other).total, total)
        && Objects.equals(((Timing) other).queued, queued)
        && Objects.equals(((Timing) other).token, token)
        && Objects.equals(((Timing) other).backoff, backoff)
        && Objects.equals(((Timing) other).network, network);
  }

  @Override
  public int hashCode() {
    return Objects.hash(total, queued, token, backoff, network);
  }

  @Override
  public String toString() {
    return "Timing{total="
        + total
        + ", queued="
        + queued
        + ", token="
        + token
        + ", backoff="
        + backoff
        + ", network="
        + network
        + '}';
  }
}
