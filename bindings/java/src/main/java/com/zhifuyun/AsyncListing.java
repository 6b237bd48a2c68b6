package com.zhifuyun;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A list across all its pages, read once. Items that come twice because the list moved are left
 * out.
 *
 * <pre>{@code
 * client.tickets().iterate().forEach(ticket -> System.out.println(ticket.getTitle())).join();
 * }</pre>
 *
 * @param <T> what the list holds
 */
public final class AsyncListing<T> {
  private final Supplier<Walk<T>> start;
  private @Nullable Walk<T> walk;

  AsyncListing(
      Core core,
      Operation<Page<T>> operation,
      Request request,
      RequestOptions options,
      WalkOptions how) {
    start = () -> new Walk<>(core, operation, true, request, options, how);
  }

  /**
   * The next page, with only those items that were not there before; null at the end. After a
   * failure the same page is asked for again. Ask when the one before is there: pages come in
   * order.
   */
  public CompletableFuture<@Nullable Page<T>> nextPage() {
    Walk<T> walking;
    try {
      walking = walk();
    } catch (RuntimeException e) {
      CompletableFuture<@Nullable Page<T>> failed = new CompletableFuture<>();
      failed.completeExceptionally(e);
      return failed;
    }
    return walking.nextAsync();
  }

  private synchronized Walk<T> walk() {
    if (walk == null) {
      walk = start.get();
    }
    return walk;
  }

  /**
   * Hands every item to {@code each}, in order, one after the other. The future ends after the last
   * one, or with the first failure, be it of a request or of {@code each}. Cancelling it stops.
   */
  public CompletableFuture<@Nullable Void> forEach(Consumer<? super T> each) {
    Pump<T> pump = new Pump<>(this, each);
    pump.next();
    return pump.done;
  }

  /** All items. */
  public CompletableFuture<List<T>> toList() {
    List<T> all = new ArrayList<>();
    CompletableFuture<@Nullable Void> filled = forEach(all::add);
    CompletableFuture<List<T>> list = new CompletableFuture<>();
    filled.whenComplete(
        (nothing, error) -> {
          if (error == null) {
            list.complete(all);
          } else {
            list.completeExceptionally(error);
          }
        });
    list.whenComplete((value, error) -> filled.cancel(true));
    return list;
  }

  /** What was seen so far. */
  public synchronized WalkReport report() {
    return walk == null ? Listing.unread() : walk.report();
  }

  private static final class Pump<T> {
    final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
    private final AsyncListing<T> listing;
    private final Consumer<? super T> each;
    private volatile @Nullable CompletableFuture<?> underWay;

    Pump(AsyncListing<T> listing, Consumer<? super T> each) {
      this.listing = listing;
      this.each = each;
      done.whenComplete(
          (value, error) -> {
            CompletableFuture<?> page = underWay;
            if (page != null) {
              page.cancel(true);
            }
            listing.walk().leave();
          });
    }

    void next() {
      CompletableFuture<@Nullable Page<T>> page = listing.nextPage();
      underWay = page;
      if (done.isDone()) {
        page.cancel(true);
      }
      page.whenComplete(this::take);
    }

    private void take(@Nullable Page<T> page, @Nullable Throwable error) {
      if (error != null) {
        done.completeExceptionally(error);
      } else if (page == null) {
        done.complete(null);
      } else {
        try {
          for (T item : page.getItems()) {
            if (done.isDone()) {
              return;
            }
            each.accept(item);
          }
        } catch (Throwable e) {
          done.completeExceptionally(e);
          return;
        }
        next();
      }
    }
  }
}
