package com.zhifuyun;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * The safety net for what nobody closed. Works without a thread of its own: whoever registers an
 * object buries those that were collected since.
 */
final class Reaper extends PhantomReference<Object> {
  private static final ReferenceQueue<Object> DEAD = new ReferenceQueue<>();
  private static final Set<Reaper> ALIVE = ConcurrentHashMap.newKeySet();

  private final long id;
  private final LongConsumer release;

  private Reaper(Object owner, long id, LongConsumer release) {
    super(owner, DEAD);
    this.id = id;
    this.release = release;
  }

  /** Releases the native object {@code id} when {@code owner} is unreachable, or when told. */
  static Reaper register(Object owner, long id, LongConsumer release) {
    for (Object dead = DEAD.poll(); dead != null; dead = DEAD.poll()) {
      ((Reaper) dead).release();
    }
    Reaper reaper = new Reaper(owner, id, release);
    ALIVE.add(reaper);
    return reaper;
  }

  /** Releases it now. Does so once. */
  void release() {
    if (ALIVE.remove(this)) {
      clear();
      release.accept(id);
    }
  }

  /** How many native objects are waiting to be released. */
  static int alive() {
    return ALIVE.size();
  }
}
