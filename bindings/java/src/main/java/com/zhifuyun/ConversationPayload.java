package com.zhifuyun;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a conversation event says about the conversation. Every field may be missing. */
public final class ConversationPayload extends Model {
  private final @Nullable String conversationId;
  private final @Nullable String userId;
  private final @Nullable Channel channel;
  private final @Nullable ConversationStatus status;
  private final @Nullable Instant createdAt;
  private final @Nullable Instant updatedAt;

  ConversationPayload(Reader in, @Nullable Meta meta) {
    super(in.begin(), meta);
    conversationId = in.text();
    userId = in.text();
    channel = in.token(Channel.KNOWN);
    status = in.token(ConversationStatus.KNOWN);
    createdAt = in.time();
    updatedAt = in.time();
  }

  /** The conversation. */
  public @Nullable String getConversationId() {
    return conversationId;
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
      "conversationId",
      conversationId,
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
