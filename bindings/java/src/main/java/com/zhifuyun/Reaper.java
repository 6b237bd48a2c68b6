package com.zhifuyun;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * The safety net for what nobody closed. Whoever makes a call buries what was collected since, and
 * a daemon thread does so when calls stop. The thread ends when nothing is left, and also when it
 * was quiet for a while: a client that is forgotten in a static field would otherwise keep its
 * class loader alive, through the thread, for as long as the machine runs.
 */
final class Reaper extends PhantomReference<Object> {
  private static final int SLICE_MILLIS = 1_000;
  private static final int QUIET_SLICES = 60;

  private static final ReferenceQueue<Object> DEAD = new ReferenceQueue<>();
  private static final Set<Reaper> ALIVE = ConcurrentHashMap.newKeySet();

  private static final Runnable WORK =
      new Runnable() {
        @Override
        public void run() {
          work();
        }
      };

  /** Whether something was used since the thread looked. */
  private static volatile boolean used;

  /** Whether the thread is there. */
  private static volatile boolean watched;

  private final long id;
  private final LongConsumer release;

  private Reaper(Object owner, long id, LongConsumer release) {
    super(owner, DEAD);
    this.id = id;
    this.release = release;
  }

  /** Releases the native object {@code id} when {@code owner} is unreachable, or when told. */
  static Reaper register(Object owner, long id, LongConsumer release) {
    Reaper reaper = new Reaper(owner, id, release);
    ALIVE.add(reaper);
    touch();
    return reaper;
  }

  /** Something is in use: buries the dead, and sees to it that somebody does so later. */
  static void touch() {
    bury(DEAD.poll());
    if (!used) {
      used = true;
    }
    if (!watched) {
      watch();
    }
  }

  /** Releases it now. Does so once. */
  void release() {
    if (ALIVE.remove(this)) {
      clear();
      release.accept(id);
    }
  }

  private static void bury(Reference<?> first) {
    for (Reference<?> dead = first; dead != null; dead = DEAD.poll()) {
      ((Reaper) dead).release();
    }
  }

  private static void watch() {
    synchronized (ALIVE) {
      if (!watched) {
        watched = true;
        try {
          Threads.startDaemon("zhifuyun-reaper", WORK);
        } catch (OutOfMemoryError e) {
          // No thread is to be had: a safety net is no reason to fail a call.
          watched = false;
        }
      }
    }
  }

  private static void work() {
    for (int quiet = 0; !mayLeave(quiet); quiet++) {
      try {
        bury(DEAD.remove(SLICE_MILLIS));
      } catch (InterruptedException e) {
        // Nobody of this library does that, and the thread leaves when it is not needed.
      }
      if (used) {
        used = false;
        quiet = 0;
      }
    }
  }

  private static boolean mayLeave(int quiet) {
    if (quiet < QUIET_SLICES && !ALIVE.isEmpty()) {
      return false;
    }
    synchronized (ALIVE) {
      watched = false;
      // In this order, so that whoever uses something sees one or is seen by the other.
      watched = used && !ALIVE.isEmpty();
      return !watched;
    }
  }

  /** How many native objects are waiting to be released. */
  static int alive() {
    return ALIVE.size();
  }
}
