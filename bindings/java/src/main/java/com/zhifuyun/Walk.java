package com.zhifuyun;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * One walk through a list. A page that arrived waits in the native half until it is taken, so that
 * none is lost to a wait that was cancelled.
 */
final class Walk<T> {
  private final Core core;
  private final Operation<Page<T>> operation;
  private final boolean background;
  private final long id;
  private final Reaper reaper;
  private final Step step = new Step();
  private final Queue<Page<T>> returned = new ConcurrentLinkedQueue<>();
  private volatile @Nullable WalkReport last;

  /** Waits until a page is there to be taken, or the end. */
  private final class Step implements Core.Work<Boolean> {
    @Override
    public byte[] now() {
      return Threads.isCurrentVirtual() ? aside() : Native.next(id);
    }

    /** A platform thread made this iterator, and a virtual one asks: it waits in Java instead. */
    private byte[] aside() {
      FutureTask<byte[]> task = new FutureTask<>(() -> Native.next(id));
      Threads.startDaemon("zhifuyun-walk", task);
      try {
        return task.get();
      } catch (InterruptedException e) {
        task.cancel(true);
        Thread.currentThread().interrupt();
        throw Errors.interrupted(operation.name, false);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }

    @Override
    public byte[] start(long queue, long token) {
      return Native.submitNext(id, queue, token);
    }

    @Override
    public Boolean read(Reader in) {
      boolean there = in.open(operation.name);
      if (!there) {
        leave();
      }
      return there;
    }
  }

  /** Waiting in native code would pin a virtual thread, so there the background does the work. */
  Walk(
      Core core,
      Operation<Page<T>> operation,
      boolean background,
      Request request,
      RequestOptions options,
      WalkOptions how) {
    byte[] parts = Core.parts(operation, request, options, Given.value(how, "walk").json());
    this.core = core;
    this.operation = operation;
    this.background = background || Threads.isCurrentVirtual();
    this.id = Reader.id(Native.walk(core.id(), this.background, parts));
    this.reaper = Reaper.register(this, id, Native::leave);
  }

  /** The next page; null at the end. After a failure the same page is asked for again. */
  @Nullable Page<T> next() {
    Page<T> page = null;
    while (page == null && last == null) {
      page = core.wait(operation, background, step) ? take() : null;
    }
    return page;
  }

  CompletableFuture<@Nullable Page<T>> nextAsync() {
    CompletableFuture<@Nullable Page<T>> page = new CompletableFuture<>();
    ask(page);
    return page;
  }

  private void ask(CompletableFuture<@Nullable Page<T>> page) {
    Page<T> before = returned.poll();
    if (before != null || last != null) {
      give(page, before);
      return;
    }
    CompletableFuture<Boolean> there = core.background(step);
    there.whenComplete((is, error) -> answer(page, error));
    // However it ends: if not by us, nobody waits any more.
    page.whenComplete((value, error) -> there.cancel(true));
  }

  private void answer(CompletableFuture<@Nullable Page<T>> page, @Nullable Throwable error) {
    if (error != null) {
      page.completeExceptionally(error);
    } else if (!page.isDone()) {
      try {
        Page<T> taken = last == null ? take() : null;
        if (taken == null) {
          // The end, or somebody else took it.
          ask(page);
        } else {
          give(page, taken);
        }
      } catch (Throwable e) {
        page.completeExceptionally(e);
      }
    }
  }

  private void give(CompletableFuture<@Nullable Page<T>> page, @Nullable Page<T> taken) {
    if (!page.complete(taken) && taken != null) {
      // Cancelled in this very moment: for whoever asks next.
      returned.add(taken);
    }
  }

  /** The page that is there; null if somebody else took it. */
  private @Nullable Page<T> take() {
    Page<T> page = returned.poll();
    if (page != null) {
      return page;
    }
    byte[] reply = Native.take(id);
    return reply == null ? null : operation.read(new Reader(reply));
  }

  WalkReport report() {
    WalkReport seen = last;
    return seen != null ? seen : new WalkReport(Reader.map(Reader.value(Native.report(id))));
  }

  /** Ends it. A page that is under way is aborted. */
  synchronized void leave() {
    if (last == null) {
      last = report();
      reaper.release();
    }
  }
}
