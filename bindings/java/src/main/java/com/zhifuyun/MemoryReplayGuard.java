package com.zhifuyun;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The replay guard of one process. When it is full the oldest handled webhook is forgotten first;
 * one that is being handled never is, and with too many of those further ones are put off.
 */
public final class MemoryReplayGuard implements ReplayGuard {
  /** 65,536 webhooks. */
  public static final int DEFAULT_CAPACITY = 65_536;

  /** One hour. */
  public static final Duration DEFAULT_TTL = Duration.ofHours(1);

  private static final class Lease {
    final long number;
    final long since;

    Lease(long number, long since) {
      this.number = number;
      this.since = since;
    }
  }

  private final int capacity;
  private final long ttl;
  private final LongSupplier clock;
  private final Map<String, Lease> inFlight = new LinkedHashMap<>();
  private final Map<String, Long> done = new LinkedHashMap<>();
  private long leases;

  /** A guard with the defaults. */
  public MemoryReplayGuard() {
    this(DEFAULT_CAPACITY, DEFAULT_TTL);
  }

  /**
   * A guard that remembers up to {@code capacity} webhooks, at least 1, each for {@code ttl}. A ttl
   * under twice the tolerance plus 36 s lets a replay through.
   */
  public MemoryReplayGuard(int capacity, Duration ttl) {
    this(capacity, ttl, System::nanoTime);
  }

  MemoryReplayGuard(int capacity, Duration ttl, LongSupplier clock) {
    this.capacity = Math.max(1, capacity);
    this.ttl = Given.value(ttl, "ttl").toNanos();
    this.clock = clock;
  }

  @Override
  public synchronized Reservation reserve(String key) {
    long now = clock.getAsLong();
    Iterator<Long> oldest = done.values().iterator();
    while (oldest.hasNext() && now - oldest.next() >= ttl) {
      oldest.remove();
    }
    if (done.containsKey(key)) {
      return Reservation.done();
    }
    // A reservation whose owner is gone must not shut its webhook out for ever.
    Iterator<Lease> first = inFlight.values().iterator();
    while (first.hasNext() && now - first.next().since >= ttl) {
      first.remove();
    }
    if (inFlight.containsKey(key) || inFlight.size() >= capacity) {
      return Reservation.inFlight();
    }
    inFlight.put(key, new Lease(++leases, now));
    trim();
    return Reservation.reserved(leases);
  }

  private void trim() {
    Iterator<Long> oldest = done.values().iterator();
    while (inFlight.size() + done.size() > capacity && oldest.hasNext()) {
      oldest.next();
      oldest.remove();
    }
  }

  private boolean settle(String key, long lease) {
    Lease current = inFlight.get(key);
    return current != null && current.number == lease && inFlight.remove(key) != null;
  }

  @Override
  public synchronized void commit(String key, long lease) {
    if (settle(key, lease)) {
      done.put(key, clock.getAsLong());
      trim();
    }
  }

  @Override
  public synchronized void release(String key, long lease) {
    settle(key, lease);
  }

  /** How many webhooks are remembered or being handled. */
  public synchronized int size() {
    return inFlight.size() + done.size();
  }
}
