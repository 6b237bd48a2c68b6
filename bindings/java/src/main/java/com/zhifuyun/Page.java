package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list, as the server cut it.
 *
 * @param <T> what the list holds
 */
public final class Page<T> extends Model {
  private final @Nullable Long total;
  private final long page;
  private final long limit;
  private final boolean hasNext;
  private final List<T> items;

  static <T> Page<T> read(Reader in, Reader.Maker<T> maker) {
    Meta meta = new Meta(in);
    return new Page<>(in, in.flag() ? Long.valueOf(in.int64()) : null, meta, maker);
  }

  private Page(Reader in, @Nullable Long total, Meta meta, Reader.Maker<T> maker) {
    this(in, total, in.int64(), in.int64(), in.flag(), meta, maker);
  }

  private Page(
      Reader in,
      @Nullable Long total,
      long page,
      long limit,
      boolean hasNext,
      Meta meta,
      Reader.Maker<T> maker) {
    super(in.entries(), meta);
    this.total = total;
    this.page = page;
    this.limit = limit;
    this.hasNext = hasNext;
    this.items = in.records(maker);
  }

  /** The items, in the server's order. */
  public List<T> getItems() {
    return items;
  }

  /** How many items match in all, by the server's word at that moment; null if it said nothing. */
  public @Nullable Long getTotal() {
    return total;
  }

  /** The number of this page, from 1. */
  public long getPage() {
    return page;
  }

  /** How many items were asked for per page. */
  public long getLimit() {
    return limit;
  }

  /** Whether another page is to be expected. */
  @JsonProperty("hasNext")
  public boolean hasNext() {
    return hasNext;
  }

  @Override
  @Nullable Object[] fields() {
    return new Object[] {"total", total, "page", page, "limit", limit, "items", items};
  }
}
