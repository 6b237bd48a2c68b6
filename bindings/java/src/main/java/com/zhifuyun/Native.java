package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/**
 * The native half. Bytes in, bytes out; ids instead of pointers, so that a stale one is an error
 * and never a crash. Replies are for {@link Reader}, requests come from {@link Json}. {@link
 * NativeLibrary#load} comes first.
 */
final class Native {
  private Native() {}

  /** Asked by the native half while a call keeps the thread waiting. */
  @SuppressWarnings("unused")
  private static boolean interrupted() {
    return Thread.currentThread().isInterrupted();
  }

  static native byte[] open(byte[] options);

  static native byte @Nullable [] close(long client);

  static native byte[] call(long client, byte[] request);

  static native byte[] submit(long client, long queue, long token, byte[] request);

  static native byte @Nullable [] cancel(long call);

  static native byte[] queue();

  static native byte @Nullable [] poll(long queue, long millis);

  static native byte @Nullable [] lost(long queue, long token);

  static native byte[] walk(long client, boolean background, byte[] request);

  static native byte[] next(long walk);

  static native byte[] submitNext(long walk, long queue, long token);

  static native byte @Nullable [] take(long walk);

  static native byte[] report(long walk);

  static native byte @Nullable [] leave(long walk);

  static native byte[] quota(long client);

  static native byte[] events(long client);

  static native byte[] webhook(byte[] settings);

  static native byte @Nullable [] forget(long webhook);

  static native byte[] verify(long webhook, byte[] headers, byte[] body, long now);

  static native byte[] sign(long webhook, byte[] id, long at, byte[] body);
}
