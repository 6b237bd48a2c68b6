package com.zhifuyun;

/** What to change of a ticket: its state, a comment, or both. */
public final class UpdateTicket extends Request {
  private UpdateTicket(Builder builder) {
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

    /** The new state. */
    public Builder status(TicketStatus status) {
      return set("status", status);
    }

    /** The new state. */
    public Builder status(String status) {
      return set("status", status);
    }

    /** A comment. */
    public Builder comment(String comment) {
      return set("comment", comment);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public UpdateTicket build() {
      return new UpdateTicket(this);
    }
  }
}
