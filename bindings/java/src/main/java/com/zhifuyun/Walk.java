package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One walk through a list: one crossing per page. */
final class Walk<T> {
  private final Core core;
  private final Operation<Page<T>> operation;
  private final boolean background;
  private final long id;
  private final Reaper reaper;
  private volatile @Nullable WalkReport last;

  /** Waiting in native code would pin a virtual thread, so there the background does the work. */
  Walk(
      Core core,
      Operation<Page<T>> operation,
      boolean background,
      Request request,
      RequestOptions options,
      WalkOptions how) {
    byte[] parts = Json.parts(operation.name, request.json(), options.json(), how.json());
    this.core = core;
    this.operation = operation;
    this.background = background || VirtualThreads.isCurrent();
    this.id = Reader.id(Native.walk(core.id(), this.background, parts));
    this.reaper = Reaper.register(this, id, Native::leave);
  }

  /** The next page; null at the end. After a failure the same page is asked for again. */
  @Nullable Page<T> next() {
    if (last != null) {
      return null;
    }
    return core.wait(
        operation,
        background,
        () -> Native.next(id),
        (queue, token) -> Native.submitNext(id, queue, token),
        this::read);
  }

  CompletableFuture<@Nullable Page<T>> nextAsync() {
    if (last != null) {
      return CompletableFuture.completedFuture(null);
    }
    return core.background((queue, token) -> Native.submitNext(id, queue, token), this::read);
  }

  private @Nullable Page<T> read(Reader in) {
    if (in.open()) {
      return operation.read.apply(in);
    }
    leave();
    return null;
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
