package com.zhifuyun;

import java.util.Map;

/** The server could not be reached, or the connection broke. */
public class ConnectionException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  ConnectionException(Map<String, Object> data) {
    super(data);
  }
}
