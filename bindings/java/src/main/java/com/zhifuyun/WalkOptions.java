package com.zhifuyun;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How to iterate. Immutable. */
public final class WalkOptions {
  /** Forward, nothing ahead of the reader, to the end. */
  public static final WalkOptions DEFAULT = new WalkOptions(new LinkedHashMap<>());

  private final Map<String, Object> values;

  private WalkOptions(Map<String, Object> values) {
    this.values = values;
  }

  /** How much to do against a list that changes meanwhile. Default: {@link Consistency#FAST}. */
  public WalkOptions consistency(Consistency consistency) {
    return with("consistency", Given.value(consistency, "consistency").text());
  }

  /**
   * How many pages may be under way ahead of the reader, 0 to 16. Default: 0. They make progress
   * while the reader waits for a page; an asynchronous iteration makes progress all the time.
   */
  public WalkOptions prefetch(int pages) {
    return with("prefetch", pages);
  }

  /** Stop after so many items. Default: at the end. */
  public WalkOptions maxItems(long items) {
    return with("max_items", items);
  }

  private WalkOptions with(String name, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(values);
    all.put(name, value);
    return new WalkOptions(all);
  }

  String json() {
    return Json.object(values);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WalkOptions && Objects.equals(((WalkOptions) other).values, values);
  }

  @Override
  public int hashCode() {
    return Objects.hash(values);
  }

  @Override
  public String toString() {
    return "WalkOptions" + values;
  }
}
