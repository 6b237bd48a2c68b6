package com.zhifuyun;

import java.util.Map;

/** The answer arrived but makes no sense. */
public class DecodeException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  DecodeException(Map<String, Object> data) {
    super(data);
  }
}
