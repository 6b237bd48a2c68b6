package com.zhifuyun;

import java.util.Map;

/** 401, or the token endpoint refused the credentials. */
public class AuthenticationException extends ApiException {
  private static final long serialVersionUID = 1L;

  AuthenticationException(Map<String, Object> data) {
    super(data);
  }
}
