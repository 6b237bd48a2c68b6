package com.zhifuyun;

import java.util.Map;

/** The client was set up wrongly; no request was made. */
public class ConfigException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  ConfigException(Map<String, Object> data) {
    super(data);
  }
}
