package com.zhifuyun;

/** A conversation to begin. User and channel are required. */
public final class CreateConversation extends Request {
  private CreateConversation(Builder builder) {
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

    /** The customer. Required. */
    public Builder userId(String userId) {
      return set("user_id", userId);
    }

    /** Where the customer writes from. Required. */
    public Builder channel(Channel channel) {
      return set("channel", channel);
    }

    /** Where the customer writes from. Required. */
    public Builder channel(String channel) {
      return set("channel", channel);
    }

    /** The customer's first message. */
    public Builder initialMessage(String initialMessage) {
      return set("initial_message", initialMessage);
    }

    /** The arguments. What is wrong with them is said by the call. */
    public CreateConversation build() {
      return new CreateConversation(this);
    }
  }
}
