package com.zhifuyun;

import java.util.Map;

/**
 * The native half could not be loaded. The message names the platform and every place that was
 * tried.
 */
public class NativeLibraryException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  NativeLibraryException(Map<String, Object> data) {
    super(data);
  }
}
