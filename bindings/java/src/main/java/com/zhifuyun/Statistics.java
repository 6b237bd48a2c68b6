package com.zhifuyun;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers over a period. The units of the averages are those of the server: the API reference
 * states none.
 */
public final class Statistics extends Model {
  private final @Nullable Long totalConversations;
  private final @Nullable Long totalTickets;
  private final @Nullable Double avgResponseTime;
  private final @Nullable Double satisfactionRate;
  private final List<Trend> trends;

  Statistics(Reader in, @Nullable Meta meta) {
    super(in.begin(), meta);
    totalConversations = in.count();
    totalTickets = in.count();
    avgResponseTime = in.number();
    satisfactionRate = in.number();
    trends = in.list(Trend::new);
  }

  /** Conversations in the period. */
  public @Nullable Long getTotalConversations() {
    return totalConversations;
  }

  /** Tickets in the period. */
  public @Nullable Long getTotalTickets() {
    return totalTickets;
  }

  /** Average time to the first answer. */
  public @Nullable Double getAvgResponseTime() {
    return avgResponseTime;
  }

  /** Share of satisfied customers, between 0 and 1 as far as the server keeps to it. */
  public @Nullable Double getSatisfactionRate() {
    return satisfactionRate;
  }

  /** The same by day, week or month, in the server's order. Empty if there is none. */
  public List<Trend> getTrends() {
    return trends;
  }

  @Override
  @Nullable Object[] fields() {
    return new Object[] {
      "totalConversations",
      totalConversations,
      "totalTickets",
      totalTickets,
      "avgResponseTime",
      avgResponseTime,
      "satisfactionRate",
      satisfactionRate,
      "trends",
      trends
    };
  }
}
