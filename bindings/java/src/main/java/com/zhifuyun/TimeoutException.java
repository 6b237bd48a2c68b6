package com.zhifuyun;

import java.util.Map;

/** A deadline passed: connect, attempt or total. {@link #getReason()} says which. */
public class TimeoutException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  TimeoutException(Map<String, Object> data) {
    super(data);
  }
}
