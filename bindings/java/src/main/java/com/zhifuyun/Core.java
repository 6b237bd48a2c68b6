package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the synchronous and the asynchronous client share: one native client. */
final class Core implements AutoCloseable {
  private static final LongConsumer CLOSE =
      new LongConsumer() {
        @Override
        public void accept(long client) {
          Native.close(client);
        }
      };

  private final long id;
  private final Reaper reaper;
  private final @Nullable Executor executor;
  private final @Nullable Events events;
  private final String text;

  Core(String options, @Nullable Executor executor, @Nullable Events events, String text) {
    NativeLibrary.load();
    this.id = Reader.id(Native.open(Json.parts(options)));
    this.reaper = Reaper.register(this, id, CLOSE);
    this.executor = executor;
    this.events = events;
    this.text = text;
  }

  /** What the native half is asked for. */
  static byte[] parts(
      Operation<?> operation,
      @Nullable Request args,
      @Nullable RequestOptions options,
      String... more) {
    String[] all = new String[3 + more.length];
    all[0] = operation.name;
    all[1] = Given.value(args, "request").json();
    all[2] = Given.value(options, "options").json();
    System.arraycopy(more, 0, all, 3, more.length);
    return Json.parts(all);
  }

  <T> T call(Operation<T> operation, Request args, RequestOptions options) {
    return wait(operation, Threads.isCurrentVirtual(), new Call<>(this, operation, args, options));
  }

  <T> CompletableFuture<T> submit(Operation<T> operation, Request args, RequestOptions options) {
    return submit(operation, () -> args, options);
  }

  /** What making the arguments throws is in the future, as every other error. */
  <T> CompletableFuture<T> submit(
      Operation<T> operation, Supplier<? extends Request> args, RequestOptions options) {
    Call<T> call;
    try {
      call = new Call<>(this, operation, args.get(), options);
    } catch (Throwable e) {
      CompletableFuture<T> failed = new CompletableFuture<>();
      failed.completeExceptionally(e);
      return failed;
    }
    return background(call);
  }

  /** Something the native half does for a client. */
  interface Work<T> {
    /** On this thread. */
    byte[] now();

    /** In the background; the native half is given a queue and a token. */
    byte[] start(long queue, long token);

    T read(Reader in);
  }

  /** An operation with its arguments. */
  static final class Call<T> implements Work<T> {
    private final Core core;
    private final Operation<T> operation;
    private final byte[] request;

    Call(Core core, Operation<T> operation, Request args, RequestOptions options) {
      this.core = core;
      this.operation = operation;
      this.request = parts(operation, args, options);
    }

    @Override
    public byte[] now() {
      return Native.call(core.id, request);
    }

    @Override
    public byte[] start(long queue, long token) {
      return Native.submit(core.id, queue, token, request);
    }

    @Override
    public T read(Reader in) {
      return operation.read(in);
    }
  }

  /**
   * Makes a call that keeps the thread waiting. A platform thread does the work itself. A virtual
   * one must not wait in native code, which would pin its carrier: it waits here for the
   * background.
   */
  <T> T wait(Operation<?> operation, boolean background, Work<T> work) {
    Reaper.touch();
    if (Thread.currentThread().isInterrupted()) {
      throw Errors.interrupted(operation.name, false);
    }
    try {
      return work.read(
          background ? Completions.SHARED.await(operation, work) : new Reader(work.now()));
    } finally {
      tell();
    }
  }

  /** Makes a call in the background. */
  <T> CompletableFuture<T> background(Work<T> work) {
    Reaper.touch();
    return Completions.SHARED.submit(
        work,
        executor,
        in -> {
          try {
            return work.read(in);
          } finally {
            tell();
          }
        });
  }

  long id() {
    return id;
  }

  Quota quota() {
    return new Quota(Reader.map(Reader.value(Native.quota(id))));
  }

  private void tell() {
    if (events != null) {
      events.tell(id);
    }
  }

  @Override
  public void close() {
    tell();
    reaper.release();
  }

  @Override
  public String toString() {
    return text;
  }
}
