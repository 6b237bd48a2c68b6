package com.zhifuyun;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an iteration saw so far. */
public final class WalkReport {
  private final Map<String, Object> data;

  WalkReport(Map<String, Object> data) {
    this.data = data;
  }

  private long number(String name) {
    Long number = (Long) data.get(name);
    return number == null ? 0 : number;
  }

  private boolean flag(String name) {
    return Boolean.TRUE.equals(data.get(name));
  }

  /** Requests made, failed ones and prefetched ones that were never read included. */
  public long getRequests() {
    return number("requests");
  }

  /** Answers read. */
  public long getPages() {
    return number("pages");
  }

  /** Items handed out, or about to be: they cross page by page. */
  public long getItems() {
    return number("items");
  }

  /** Items dropped because they had been handed out before. */
  public long getDuplicates() {
    return number("duplicates");
  }

  /** The total of the first answer. */
  public @Nullable Long getFirstTotal() {
    return (Long) data.get("first_total");
  }

  /** The total of the last answer to a request for the whole list. */
  public @Nullable Long getLastTotal() {
    return (Long) data.get("last_total");
  }

  /** Whether the total differed between two such answers. */
  public boolean isTotalChanged() {
    return flag("total_changed");
  }

  /** How often the iteration went through the list, begun passes included. */
  public long getPasses() {
    return number("passes");
  }

  /**
   * {@link Consistency#STRICT}: it ended, and an item that matched during all of it cannot be
   * missing. {@link Consistency#FAST}: it reached the end and saw no sign of a change, which is no
   * proof.
   */
  public boolean isComplete() {
    return flag("complete");
  }

  /** Why it ended, such as {@code short_page}; {@code not_finished} before that. */
  public String getStoppedBy() {
    return String.valueOf(data.get("stopped_by"));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WalkReport && Objects.equals(((WalkReport) other).data, data);
  }

  @Override
  public int hashCode() {
    return Objects.hash(data);
  }

  @Override
  public String toString() {
    return "WalkReport" + data;
  }
}
