package com.zhifuyun;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A conversation between a customer and the service team. */
public final class Conversation extends Model {
  private final String id;
  private final @Nullable String userId;
  private final @Nullable Channel channel;
  private final @Nullable ConversationStatus status;
  private final @Nullable Instant createdAt;
  private final @Nullable Instant updatedAt;

  Conversation(Reader in, @Nullable Meta meta) {
    super(in.begin(), meta);
    id = in.id();
    userId = in.text();
    channel = in.token(Channel.KNOWN);
    status = in.token(ConversationStatus.KNOWN);
    createdAt = in.time();
    updatedAt = in.time();
  }

  /** The id, unique among conversations. */
  public String getId() {
    return id;
  }

  /** The customer. */
  public @Nullable String getUserId() {
    return userId;
  }

  /** Where the customer writes from. */
  public @Nullable Channel getChannel() {
    return channel;
  }

  /** Whether it is still going on. */
  public @Nullable ConversationStatus getStatus() {
    return status;
  }

  /** When it began. */
  public @Nullable Instant getCreatedAt() {
    return createdAt;
  }

  /** When it last changed. */
  public @Nullable Instant getUpdatedAt() {
    return updatedAt;
  }

  @Override
  @Nullable Object[] fields() {
    return new Object[] {
      "id",
      id,
      "userId",
      userId,
      "channel",
      channel,
      "status",
      status,
      "createdAt",
      createdAt,
      "updatedAt",
      updatedAt
    };
  }
}
