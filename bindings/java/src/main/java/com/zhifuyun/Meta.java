package com.zhifuyun;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a call went: what is known about an answer besides its data. */
public final class Meta {
  private final int httpStatus;
  private final @Nullable Long code;
  private final @Nullable String requestId;
  private final int attempts;
  private final Timing timing;

  Meta(Reader in) {
    httpStatus = in.size();
    code = in.flag() ? Long.valueOf(in.int64()) : null;
    requestId = in.flag() ? in.string() : null;
    attempts = in.size();
    timing = new Timing(in);
  }

  /** The HTTP status. */
  public int getHttpStatus() {
    return httpStatus;
  }

  /** The code of the envelope, as it was sent. */
  public @Nullable Long getCode() {
    return code;
  }

  /** The server's id of the request, for support. */
  public @Nullable String getRequestId() {
    return requestId;
  }

  /** How many requests of this operation left the client, from 1. */
  public int getAttempts() {
    return attempts;
  }

  /** Where the time went. */
  public Timing getTiming() {
    return timing;
  }

  /** Time the client waited by its own choice: for its turn and between attempts. */
  public Duration getWaited() {
    return timing.waited();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Meta
        && Objects.equals(((Meta) other).httpStatus, httpStatus)
        && Objects.equals(((Meta) other).code, code)
        && Objects.equals(((Meta) other).requestId, requestId)
        && Objects.equals(((Meta) other).attempts, attempts)
        && Objects.equals(((Meta) other).timing, timing);
  }

  @Override
  public int hashCode() {
    return Objects.hash(httpStatus, code, requestId, attempts, timing);
  }

  @Override
  public String toString() {
    return "Meta{httpStatus="
        + httpStatus
        + ", code="
        + code
        + ", requestId="
        + requestId
        + ", attempts="
        + attempts
        + ", timing="
        + timing
        + '}';
  }
}
