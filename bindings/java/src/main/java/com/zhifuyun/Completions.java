package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings the results of the background back to Java. Daemon threads wait in the native half; each
 * takes one result and completes its future. Before one of them runs code of the user it makes sure
 * that another one waits, so that a callback may block, or wait for another call. They are there
 * only while calls are under way.
 */
final class Completions {
  static final Completions SHARED =
      new Completions(work -> Threads.startDaemon("zhifuyun-completions", work));

  /** How long a thread waits before it looks whether it is still needed. */
  private static final long IDLE_MILLIS = 2_000;

  private final long queue = Reader.id(Native.queue());
  private final ConcurrentMap<Long, Consumer<Reader>> pending = new ConcurrentHashMap<>();
  private final AtomicLong tokens = new AtomicLong();
  private final Consumer<Runnable> threads;

  // Guarded by this.
  private int waiting;

  /**
   * @param threads starts a daemon thread
   */
  Completions(Consumer<Runnable> threads) {
    this.threads = threads;
  }

  /**
   * Starts a call.
   *
   * @param executor where the future is completed; null: on a thread of this class
   */
  <T> Call<T> start(Core.Work<?> work, @Nullable Executor executor, Function<Reader, T> read) {
    Call<T> future = new Call<>();
    Long token = tokens.incrementAndGet();
    pending.put(token, reply -> complete(future, executor, reply, read));
    long call;
    try {
      // First: if there can be none, nothing is sent whose result nobody would hear of.
      needThread();
      call = Reader.id(work.start(queue, token));
    } catch (Throwable e) {
      pending.remove(token);
      future.completeExceptionally(e);
      return future;
    }
    // However it ends: if not by us, the call is of no use to anybody.
    future.whenComplete(
        (value, error) -> {
          if (pending.remove(token) != null) {
            future.ended = Native.cancel(call);
          }
        });
    return future;
  }

  /** The same as a plain future, so that the first call need not load what makes it another one. */
  <T> CompletableFuture<T> submit(
      Core.Work<?> work, @Nullable Executor executor, Function<Reader, T> read) {
    return start(work, executor, read);
  }

  /** Starts a call and waits for its reply. */
  Reader await(Operation<?> operation, Core.Work<?> work) {
    Call<Reader> call = start(work, null, in -> in);
    try {
      return call.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw call.abort(operation);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ZhifuyunException) {
        throw (ZhifuyunException) e.getCause();
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** A call of the background. */
  static final class Call<T> extends CompletableFuture<T> {
    private volatile byte @Nullable [] ended;

    /**
     * Aborts it, and says in an exception what may have become of it. If its result arrived in the
     * same moment, that is unknown.
     */
    RuntimeException abort(Operation<?> operation) {
      cancel(true);
      byte[] reply = ended;
      boolean maybe = reply == null || new Reader(reply, 1).flag();
      return Errors.interrupted(operation.name, operation.writes && maybe);
    }
  }

  private static <T> void complete(
      CompletableFuture<T> future,
      @Nullable Executor executor,
      Reader reply,
      Function<Reader, T> read) {
    if (executor == null) {
      complete(future, reply, read);
      return;
    }
    try {
      executor.execute(() -> complete(future, reply, read));
    } catch (Throwable e) {
      // The user's executor failed. Whoever waits must hear of it.
      future.completeExceptionally(e);
    }
  }

  private static <T> void complete(
      CompletableFuture<T> future, Reader reply, Function<Reader, T> read) {
    T value;
    try {
      value = read.apply(reply);
    } catch (Throwable e) {
      future.completeExceptionally(e);
      return;
    }
    future.complete(value);
  }

  private synchronized void needThread() {
    if (waiting == 0) {
      addThread();
    }
  }

  private void addThread() {
    threads.accept(this::work);
    // From here on it counts, or the next result would bring one more.
    waiting++;
  }

  private void work() {
    for (; ; ) {
      byte[] bytes = null;
      try {
        bytes = Native.poll(queue, IDLE_MILLIS);
      } catch (Throwable e) {
        // No memory for a result. That it was lost is the next one, and this thread is still
        // needed.
      }
      if (mayLeave(bytes)) {
        return;
      }
      if (bytes != null) {
        try {
          deliver(new Reader(bytes));
        } catch (Throwable e) {
          // It has taken the last memory, and nobody can read it. It gives it back, and is lost
          // too.
          long token = token(bytes);
          bytes = null;
          Native.lost(queue, token);
        }
        synchronized (this) {
          waiting++;
        }
      }
    }
  }

  /** What a thread does after waiting: it leaves, goes on waiting, or has somebody else wait. */
  private synchronized boolean mayLeave(byte @Nullable [] bytes) {
    if (bytes != null) {
      waiting--;
      try {
        needThread();
      } catch (Throwable e) {
        // No more threads now. This one comes back to wait, so the results wait for it.
      }
      return false;
    }
    if (waiting == 1 && !pending.isEmpty()) {
      return false;
    }
    waiting--;
    return true;
  }

  private void deliver(Reader reply) {
    Consumer<Reader> receiver = pending.remove(reply.int64());
    if (receiver != null) {
      receiver.accept(reply);
    }
  }

  /** The token of a result, read without memory. */
  private static long token(byte[] result) {
    long token = 0;
    for (int i = Long.BYTES - 1; i >= 0; i--) {
      token = token << Byte.SIZE | result[i] & 0xff;
    }
    return token;
  }
}
