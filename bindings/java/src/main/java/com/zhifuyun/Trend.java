package com.zhifuyun;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** One step of {@link Statistics#getTrends()}. */
public final class Trend extends Model {
  private final @Nullable LocalDate date;
  private final @Nullable Long conversations;
  private final @Nullable Long tickets;

  Trend(Reader in) {
    super(in.begin(), null);
    date = in.date();
    conversations = in.count();
    tickets = in.count();
  }

  /** The first day of the step. */
  public @Nullable LocalDate getDate() {
    return date;
  }

  /** Conversations in the step. */
  public @Nullable Long getConversations() {
    return conversations;
  }

  /** Tickets in the step. */
  public @Nullable Long getTickets() {
    return tickets;
  }

  @Override
  @Nullable Object[] fields() {
    return new Object[] {"date", date, "conversations", conversations, "tickets", tickets};
  }
}
