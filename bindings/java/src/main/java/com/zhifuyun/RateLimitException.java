package com.zhifuyun;

import java.util.Map;

/**
 * 429, or the local plan has no room and the client was told not to wait. {@link #getRetryAfter()}
 * says for how long.
 */
public class RateLimitException extends ApiException {
  private static final long serialVersionUID = 1L;

  RateLimitException(Map<String, Object> data) {
    super(data);
  }
}
