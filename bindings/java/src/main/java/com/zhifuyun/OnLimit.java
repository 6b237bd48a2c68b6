package com.zhifuyun;

/** What a call does when the plan has no room. */
public enum OnLimit {
  /** It waits for its turn, within its timeout. */
  WAIT,
  /** It fails at once with {@link RateLimitException}. */
  RAISE
}
