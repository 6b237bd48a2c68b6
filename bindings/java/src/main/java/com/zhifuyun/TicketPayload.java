package com.zhifuyun;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a ticket event says about the ticket. Every field may be missing. */
public final class TicketPayload extends Model {
  private final @Nullable String ticketId;
  private final @Nullable String title;
  private final @Nullable String description;
  private final @Nullable TicketStatus status;
  private final @Nullable Priority priority;
  private final @Nullable String assigneeId;
  private final @Nullable String customerEmail;
  private final @Nullable Instant createdAt;
  private final @Nullable Instant updatedAt;

  TicketPayload(Reader in, @Nullable Meta meta) {
    super(in.begin(), meta);
    ticketId = in.text();
    title = in.text();
    description = in.text();
    status = in.token(TicketStatus.KNOWN);
    priority = in.token(Priority.KNOWN);
    assigneeId = in.text();
    customerEmail = in.text();
    createdAt = in.time();
    updatedAt = in.time();
  }

  /** The ticket. */
  public @Nullable String getTicketId() {
    return ticketId;
  }

  /** What it is about, in one line. */
  public @Nullable String getTitle() {
    return title;
  }

  /** The whole matter. */
  public @Nullable String getDescription() {
    return description;
  }

  /** Where it stands. */
  public @Nullable TicketStatus getStatus() {
    return status;
  }

  /** How urgent it is. */
  public @Nullable Priority getPriority() {
    return priority;
  }

  /** Who works on it. */
  public @Nullable String getAssigneeId() {
    return assigneeId;
  }

  /** The customer's address. */
  public @Nullable String getCustomerEmail() {
    return customerEmail;
  }

  /** When it was opened. */
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
      "ticketId",
      ticketId,
      "title",
      title,
      "description",
      description,
      "status",
      status,
      "priority",
      priority,
      "assigneeId",
      assigneeId,
      "customerEmail",
      customerEmail,
      "createdAt",
      createdAt,
      "updatedAt",
      updatedAt
    };
  }
}
