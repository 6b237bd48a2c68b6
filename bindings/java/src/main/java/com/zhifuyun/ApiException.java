package com.zhifuyun;

import java.util.Map;

/** The server refused. Thrown itself for a status that has no class of its own. */
public class ApiException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  ApiException(Map<String, Object> data) {
    super(data);
  }
}
