package com.zhifuyun;

import java.util.logging.Logger;

/** The log, apart from what is always used: {@code java.util.logging} takes its time to start. */
final class Log {
  static final Logger LOGGER = Logger.getLogger("com.zhifuyun");

  private Log() {}
}
