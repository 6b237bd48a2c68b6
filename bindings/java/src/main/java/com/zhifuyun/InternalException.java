package com.zhifuyun;

import java.util.Map;

/** A defect of this library. Please report it; the client is still usable. */
public class InternalException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  InternalException(Map<String, Object> data) {
    super(data);
  }
}
