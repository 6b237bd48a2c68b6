package com.zhifuyun;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Arrays;
import java.util.List;

/** Whether a conversation is still going on. A value that this version does not know is kept. */
public final class ConversationStatus extends OpenEnum {
  /** Under way. */
  public static final ConversationStatus ACTIVE = new ConversationStatus("active");

  /** Ended. */
  public static final ConversationStatus CLOSED = new ConversationStatus("closed");

  static final List<ConversationStatus> KNOWN = Arrays.asList(ACTIVE, CLOSED);

  private ConversationStatus(String value) {
    super(value);
  }

  @Override
  ConversationStatus make(String value) {
    return new ConversationStatus(value);
  }

  /** The value as the API writes it; any text is allowed. */
  @JsonCreator
  public static ConversationStatus of(String value) {
    return find(KNOWN, value);
  }
}
