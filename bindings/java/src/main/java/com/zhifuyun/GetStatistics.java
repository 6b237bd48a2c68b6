package com.zhifuyun;

import java.time.LocalDate;

/** Which statistics to compute. */
public final class GetStatistics extends Request {
  private GetStatistics(Builder builder) {
    super(builder);
  }

  /** Starts with nothing set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts with what is set here. */
  public Builder toBuilder() {
    return new Builder().copy(this);
  }

  /** Collects the arguments. Not for use by several threads. */
  public static final class Builder extends Request.Builder<Builder> {
    Builder() {}

    /** What is counted. */
    public Builder type(StatisticsType type) {
      return set("type", type);
    }

    /** What is counted. */
    public Builder type(String type) {
      return set("type", type);
    }

    /** The first day. */
    public Builder startDate(LocalDate startDate) {
      return set("start_date", startDate);
    }

    /** The last day. */
    public Builder endDate(LocalDate endDate) {
      return set("end_date", endDate);
    }

    /** The step of the trends. */
    public Builder groupBy(GroupBy groupBy) {
      return set("group_by", groupBy);
    }

    /** The step of the trends. */
    public Builder groupBy(String groupBy) {
      return set("group_by", groupBy);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public GetStatistics build() {
      return new GetStatistics(this);
    }
  }
}
