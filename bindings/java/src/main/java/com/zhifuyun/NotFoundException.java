package com.zhifuyun;

import java.util.Map;

/** 404: there is no such resource. */
public class NotFoundException extends ApiException {
  private static final long serialVersionUID = 1L;

  NotFoundException(Map<String, Object> data) {
    super(data);
  }
}
