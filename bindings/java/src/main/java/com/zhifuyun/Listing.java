package com.zhifuyun;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A list across all its pages. Every iterator walks anew, asking for pages as it goes; items that
 * come twice because the list moved are left out. An iterator is for one thread; after a failure it
 * goes on where it was.
 *
 * <pre>{@code
 * Listing<Ticket> tickets = client.tickets().iterate(q -> q.status(TicketStatus.OPEN));
 * tickets.stream().limit(500).forEach(this::handle);
 * System.out.println(tickets.report().getDuplicates());
 * }</pre>
 *
 * @param <T> what the list holds
 */
public final class Listing<T> implements Iterable<T> {
  private final Supplier<Walk<T>> start;
  private volatile @Nullable Walk<T> latest;

  Listing(
      Core core,
      Operation<Page<T>> operation,
      Request request,
      RequestOptions options,
      WalkOptions how) {
    start = () -> new Walk<>(core, operation, false, request, options, how);
  }

  /**
   * Begins to walk. The first request is made when the first item is asked for.
   *
   * @throws InvalidArgumentException if the arguments make no sense
   */
  @Override
  public Iterator<T> iterator() {
    Iterator<Page<T>> pages = pages().iterator();
    return new Iterator<T>() {
      private Iterator<T> items = java.util.Collections.emptyIterator();

      @Override
      public boolean hasNext() {
        while (!items.hasNext()) {
          if (!pages.hasNext()) {
            return false;
          }
          items = pages.next().getItems().iterator();
        }
        return true;
      }

      @Override
      public T next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return items.next();
      }
    };
  }

  /** Page by page, with only those items that were not there before. */
  public Iterable<Page<T>> pages() {
    return () -> {
      Walk<T> walk = start.get();
      latest = walk;
      return new Pages<>(walk);
    };
  }

  /** As a sequential stream; it walks anew. */
  public Stream<T> stream() {
    int traits = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(
        () -> Spliterators.spliteratorUnknownSize(iterator(), traits), traits, false);
  }

  /** What the latest iterator saw so far. */
  public WalkReport report() {
    Walk<T> walk = latest;
    return walk == null ? unread() : walk.report();
  }

  static WalkReport unread() {
    Map<String, Object> data = new HashMap<>();
    data.put("passes", 1L);
    data.put("stopped_by", "not_finished");
    return new WalkReport(data);
  }

  private static final class Pages<T> implements Iterator<Page<T>> {
    private final Walk<T> walk;
    private final Queue<Page<T>> next = new ArrayDeque<>(1);

    Pages(Walk<T> walk) {
      this.walk = walk;
    }

    @Override
    public boolean hasNext() {
      if (next.isEmpty()) {
        Page<T> page = walk.next();
        if (page == null) {
          return false;
        }
        next.add(page);
      }
      return true;
    }

    @Override
    public Page<T> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return next.remove();
    }
  }
}
