package com.zhifuyun;

import java.util.Map;

/** The client was closed. */
public class ClosedException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  ClosedException(Map<String, Object> data) {
    super(data);
  }
}
