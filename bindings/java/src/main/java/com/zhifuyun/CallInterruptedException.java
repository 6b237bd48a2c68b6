package com.zhifuyun;

import java.util.Map;

/**
 * The thread was interrupted while it waited; the request was cancelled. The thread's interrupt
 * mark is still set. For a write, {@link #isMaybeApplied()} is true if the request may have left.
 */
public class CallInterruptedException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  CallInterruptedException(Map<String, Object> data) {
    super(data);
  }
}
