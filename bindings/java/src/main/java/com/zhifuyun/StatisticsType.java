package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** What is counted. The server decides about a value that this version does not know. */
public final class StatisticsType extends OpenEnum {
  /** Conversations. */
  public static final StatisticsType CONVERSATION = new StatisticsType("conversation");

  /** Tickets. */
  public static final StatisticsType TICKET = new StatisticsType("ticket");

  /** Satisfaction. */
  public static final StatisticsType SATISFACTION = new StatisticsType("satisfaction");

  static final List<StatisticsType> KNOWN = Arrays.asList(CONVERSATION, TICKET, SATISFACTION);

  private StatisticsType(String value) {
    super(value);
  }

  @Override
  StatisticsType make(String value) {
    return new StatisticsType(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static StatisticsType of(String value) {
    return find(KNOWN, value);
  }
}
