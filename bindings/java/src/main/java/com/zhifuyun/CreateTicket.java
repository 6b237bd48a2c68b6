package com.zhifuyun;

/** A ticket to open. Title and description are required. */
public final class CreateTicket extends Request {
  private CreateTicket(Builder builder) {
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

    /** What it is about, in one line. Required. */
    public Builder title(String title) {
      return set("title", title);
    }

    /** The whole matter. Required; may be empty. */
    public Builder description(String description) {
      return set("description", description);
    }

    /** How urgent it is. */
    public Builder priority(Priority priority) {
      return set("priority", priority);
    }

    /** How urgent it is. */
    public Builder priority(String priority) {
      return set("priority", priority);
    }

    /** The customer's address. */
    public Builder customerEmail(String customerEmail) {
      return set("customer_email", customerEmail);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public CreateTicket build() {
      return new CreateTicket(this);
    }
  }
}
