package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
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

  @SuppressWarnings("unchecked")
  Page(Reader in, Operation<?> operation, Meta meta) {
    super(in.entries(), meta);
    total = in.flag() ? (Long) in.int64() : null;
    page = in.int64();
    limit = in.int64();
    hasNext = in.flag();
    int length = in.size();
    List<T> all = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      all.add((T) operation.record(in, null));
    }
    items = Collections.unmodifiableList(all);
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
