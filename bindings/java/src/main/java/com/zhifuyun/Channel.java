package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** Where a customer writes from. A value that this version does not know is kept. */
public final class Channel extends OpenEnum {
  /** The widget on a web page. */
  public static final Channel WEB = new Channel("web");

  static final List<Channel> KNOWN = Arrays.asList(WEB);

  private Channel(String value) {
    super(value);
  }

  @Override
  Channel make(String value) {
    return new Channel(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static Channel of(String value) {
    return find(KNOWN, value);
  }
}
