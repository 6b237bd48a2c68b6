package com.zhifuyun;

import java.util.Map;

/** An argument of a call was refused before any I/O: {@link #getArgument()}. */
public class InvalidArgumentException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  InvalidArgumentException(Map<String, Object> data) {
    super(data);
  }
}
