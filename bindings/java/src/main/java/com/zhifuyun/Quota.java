package com.zhifuyun;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How much of the plan is used. */
public final class Quota {
  private final long used;
  private final @Nullable Long limit;
  private final Duration nextFree;

  Quota(Map<String, Object> data) {
    Long count = (Long) data.get("used");
    used = count == null ? 0 : count;
    limit = (Long) data.get("limit");
    nextFree = Timing.seconds(data.get("next_free"));
  }

  /** Requests in the last minute, as the server may count them. */
  public long getUsed() {
    return used;
  }

  /** Requests per minute; null if no limit is known. */
  public @Nullable Long getLimit() {
    return limit;
  }

  /** How long until a request may leave; zero if one may leave now. */
  public Duration getNextFree() {
    return nextFree;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Quota
        && Objects.equals(((Quota) other).used, used)
        && Objects.equals(((Quota) other).limit, limit)
        && Objects.equals(((Quota) other).nextFree, nextFree);
  }

  @Override
  public int hashCode() {
    return Objects.hash(used, limit, nextFree);
  }

  @Override
  public String toString() {
    return "Quota{used=" + used + ", limit=" + limit + ", nextFree=" + nextFree + '}';
  }
}
