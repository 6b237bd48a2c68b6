package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** Where a ticket stands. A value that this version does not know is kept. */
public final class TicketStatus extends OpenEnum {
  /** New. */
  public static final TicketStatus OPEN = new TicketStatus("open");

  /** Somebody is waiting. */
  public static final TicketStatus PENDING = new TicketStatus("pending");

  /** Done. */
  public static final TicketStatus RESOLVED = new TicketStatus("resolved");

  /** Put away. */
  public static final TicketStatus CLOSED = new TicketStatus("closed");

  static final List<TicketStatus> KNOWN = Arrays.asList(OPEN, PENDING, RESOLVED, CLOSED);

  private TicketStatus(String value) {
    super(value);
  }

  @Override
  TicketStatus make(String value) {
    return new TicketStatus(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static TicketStatus of(String value) {
    return find(KNOWN, value);
  }
}
