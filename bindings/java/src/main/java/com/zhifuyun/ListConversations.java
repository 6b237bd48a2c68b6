package com.zhifuyun;

import java.time.Instant;

/** Which conversations to list. */
public final class ListConversations extends Request {
  private ListConversations(Builder builder) {
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

    /** Page number, from 1. Default: 1. */
    public Builder page(long page) {
      return set("page", page);
    }

    /**
     * Items per page, 1 to 100. Default: 20; iterations ask for 100, because page size is quota.
     */
    public Builder limit(long limit) {
      return set("limit", limit);
    }

    /** Only those in this state. */
    public Builder status(ConversationStatus status) {
      return set("status", status);
    }

    /** Only those in this state. */
    public Builder status(String status) {
      return set("status", status);
    }

    /** Only those created at this moment or later. */
    public Builder startTime(Instant startTime) {
      return set("start_time", startTime);
    }

    /** Only those created at this moment or earlier. */
    public Builder endTime(Instant endTime) {
      return set("end_time", endTime);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public ListConversations build() {
      return new ListConversations(this);
    }
  }
}
