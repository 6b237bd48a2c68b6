package com.zhifuyun;

/** Which tickets to list. */
public final class ListTickets extends Request {
  private ListTickets(Builder builder) {
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
    public Builder status(TicketStatus status) {
      return set("status", status);
    }

    /** Only those in this state. */
    public Builder status(String status) {
      return set("status", status);
    }

    /** Only those this urgent. */
    public Builder priority(Priority priority) {
      return set("priority", priority);
    }

    /** Only those this urgent. */
    public Builder priority(String priority) {
      return set("priority", priority);
    }

    /** Only those of this person. */
    public Builder assigneeId(String assigneeId) {
      return set("assignee_id", assigneeId);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public ListTickets build() {
      return new ListTickets(this);
    }
  }
}
