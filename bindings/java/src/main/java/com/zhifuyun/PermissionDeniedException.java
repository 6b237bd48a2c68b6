package com.zhifuyun;

import java.util.Map;

/** 403: the key may not do this. */
public class PermissionDeniedException extends ApiException {
  private static final long serialVersionUID = 1L;

  PermissionDeniedException(Map<String, Object> data) {
    super(data);
  }
}
