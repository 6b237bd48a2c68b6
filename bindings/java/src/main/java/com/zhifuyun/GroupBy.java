package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** The step of the trends. The server decides about a value that this version does not know. */
public final class GroupBy extends OpenEnum {
  /** By day. */
  public static final GroupBy DAY = new GroupBy("day");

  /** By week. */
  public static final GroupBy WEEK = new GroupBy("week");

  /** By month. */
  public static final GroupBy MONTH = new GroupBy("month");

  static final List<GroupBy> KNOWN = Arrays.asList(DAY, WEEK, MONTH);

  private GroupBy(String value) {
    super(value);
  }

  @Override
  GroupBy make(String value) {
    return new GroupBy(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static GroupBy of(String value) {
    return find(KNOWN, value);
  }
}
