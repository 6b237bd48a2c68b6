package com.zhifuyun;

import java.util.Map;

/** 5xx: trouble on the server. */
public class ServerException extends ApiException {
  private static final long serialVersionUID = 1L;

  ServerException(Map<String, Object> data) {
    super(data);
  }
}
