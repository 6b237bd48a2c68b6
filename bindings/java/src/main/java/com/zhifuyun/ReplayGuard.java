package com.zhifuyun;

/**
 * Remembers which webhooks were handled, so that each is handled once.
 *
 * <p>In two phases, because a sender repeats a webhook whose handler failed, with the same id:
 * reserve, handle, then commit or release. A guard must remember for longer than a webhook can come
 * again: twice the tolerance plus the retries. {@link MemoryReplayGuard} is for one process;
 * several need a shared one, for instance on Redis with {@code SET key lease NX EX ttl}.
 */
public interface ReplayGuard {
  /** Reserves a key, or says what became of it. */
  Reservation reserve(String key);

  /** The webhook was handled. A lease that is no longer current is ignored. */
  void commit(String key, long lease);

  /** It was not handled: let the next attempt in. A lease that is no longer current is ignored. */
  void release(String key, long lease);

  /** What became of a key. */
  enum State {
    /** It is the caller's to handle. */
    RESERVED,
    /** Somebody is handling it. */
    IN_FLIGHT,
    /** It was handled. */
    DONE
  }

  /** The answer of a guard. */
  final class Reservation {
    private final State state;
    private final long lease;

    private Reservation(State state, long lease) {
      this.state = state;
      this.lease = lease;
    }

    /**
     * It is the caller's to handle.
     *
     * @param lease tells this reservation from a later one of the same key
     */
    public static Reservation reserved(long lease) {
      return new Reservation(State.RESERVED, lease);
    }

    /** Somebody is handling it. */
    public static Reservation inFlight() {
      return new Reservation(State.IN_FLIGHT, 0);
    }

    /** It was handled. */
    public static Reservation done() {
      return new Reservation(State.DONE, 0);
    }

    /** What became of the key. */
    public State state() {
      return state;
    }

    /** The lease of a reservation. */
    public long lease() {
      return lease;
    }

    @Override
    public String toString() {
      return state.toString();
    }
  }
}
