package com.zhifuyun;

import java.util.Map;

/** 400: the server did not accept the parameters; see {@link #getFields()}. */
public class BadRequestException extends ApiException {
  private static final long serialVersionUID = 1L;

  BadRequestException(Map<String, Object> data) {
    super(data);
  }
}
