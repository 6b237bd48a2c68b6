package com.zhifuyun;

/** How much an iteration does against a list that changes meanwhile. */
public enum Consistency {
  /**
   * Forward in the server's order, one request per page, duplicates dropped. An item may be skipped
   * when another one leaves the list meanwhile.
   */
  FAST,
  /**
   * An item that matches all the time is not lost, or {@link WalkReport#isComplete()} is false. The
   * order is not the server's.
   */
  STRICT;

  String text() {
    return this == STRICT ? "strict" : "fast";
  }
}
