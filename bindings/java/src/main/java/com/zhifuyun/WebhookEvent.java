package com.zhifuyun;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A webhook whose signature was good. Its class says what happened. */
public abstract class WebhookEvent {
  private final @Nullable String id;
  private final String type;
  private final @Nullable Instant timestamp;
  private final @Nullable Instant sentAt;
  private final String dedupeKey;
  private final byte[] body;
  private @Nullable String raw;
  private final Map<String, Object> extra;

  WebhookEvent(Reader in, byte[] body) {
    id = in.optional(Reader::string);
    type = in.string();
    timestamp = in.optional(Reader::instant);
    sentAt = in.optional(Reader::instant);
    dedupeKey = in.string();
    this.body = body;
    extra = in.entries();
  }

  WebhookEvent(WebhookEvent head) {
    id = head.id;
    type = head.type;
    timestamp = head.timestamp;
    sentAt = head.sentAt;
    dedupeKey = head.dedupeKey;
    body = head.body;
    extra = head.extra;
  }

  /** Reads the head, then the data as the class that its number stands for. */
  static WebhookEvent read(Reader in, byte[] body) {
    WebhookEvent head = new Unknown(in, body);
    switch (in.int8()) {
      case 0:
        return new ConversationCreated(head, new ConversationPayload(in, null));
      case 1:
        return new ConversationClosed(head, new ConversationPayload(in, null));
      case 2:
        return new TicketCreated(head, new TicketPayload(in, null));
      case 3:
        return new TicketUpdated(head, new TicketPayload(in, null));
      case 4:
        return new TicketResolved(head, new TicketPayload(in, null));
      default:
        return new Unknown(head, in.value());
    }
  }

  /** The id of the webhook, the same in every retry of it; null if the scheme has none. */
  public @Nullable String getId() {
    return id;
  }

  /** The type as it was sent, such as {@code ticket.created}, also where it is unknown. */
  public String getType() {
    return type;
  }

  /** Whether this version knows the type and its data has the right shape. */
  public boolean isKnown() {
    return !(this instanceof Unknown);
  }

  /** When it happened, by the body; null if it was missing or no moment. */
  public @Nullable Instant getTimestamp() {
    return timestamp;
  }

  /** When this attempt was sent, by the signed timestamp; null if the scheme has none. */
  public @Nullable Instant getSentAt() {
    return sentAt;
  }

  /** What happened: a payload, or for an unknown event the JSON value. */
  public abstract @Nullable Object getData();

  /** What identifies this webhook among all that were ever sent, for a {@link ReplayGuard}. */
  public String getDedupeKey() {
    return dedupeKey;
  }

  /** The body as text, as it was signed, but without a byte order mark. */
  public String getRaw() {
    // Decoded for those who ask. Several threads may do so and come to the same text.
    String text = raw;
    if (text == null) {
      text = new String(body, StandardCharsets.UTF_8);
      text = text.startsWith("\ufeff") ? text.substring(1) : text;
      raw = text;
    }
    return text;
  }

  /** What the body held beyond these fields. */
  public Map<String, Object> getExtra() {
    return extra;
  }

  /** Two of them are equal if they have the same body, id and time of sending. */
  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && Arrays.equals(((WebhookEvent) other).body, body)
        && Objects.equals(((WebhookEvent) other).id, id)
        && Objects.equals(((WebhookEvent) other).sentAt, sentAt);
  }

  @Override
  public final int hashCode() {
    return Objects.hash(Arrays.hashCode(body), id, sentAt);
  }

  @Override
  public String toString() {
    return getClass().getSimpleName()
        + "{id="
        + id
        + ", type="
        + type
        + ", timestamp="
        + timestamp
        + ", data="
        + getData()
        + ", extra="
        + extra
        + '}';
  }

  /** An event about a conversation. */
  public abstract static class ConversationEvent extends WebhookEvent {
    private final ConversationPayload data;

    ConversationEvent(WebhookEvent head, ConversationPayload data) {
      super(head);
      this.data = data;
    }

    @Override
    public final ConversationPayload getData() {
      return data;
    }
  }

  /** An event about a ticket. */
  public abstract static class TicketEvent extends WebhookEvent {
    private final TicketPayload data;

    TicketEvent(WebhookEvent head, TicketPayload data) {
      super(head);
      this.data = data;
    }

    @Override
    public final TicketPayload getData() {
      return data;
    }
  }

  /** {@code conversation.created}: a customer began a conversation. */
  public static final class ConversationCreated extends ConversationEvent {
    ConversationCreated(WebhookEvent head, ConversationPayload data) {
      super(head, data);
    }
  }

  /** {@code conversation.closed}: a conversation ended. */
  public static final class ConversationClosed extends ConversationEvent {
    ConversationClosed(WebhookEvent head, ConversationPayload data) {
      super(head, data);
    }
  }

  /** {@code ticket.created}: a ticket was opened. */
  public static final class TicketCreated extends TicketEvent {
    TicketCreated(WebhookEvent head, TicketPayload data) {
      super(head, data);
    }
  }

  /** {@code ticket.updated}: a ticket changed. */
  public static final class TicketUpdated extends TicketEvent {
    TicketUpdated(WebhookEvent head, TicketPayload data) {
      super(head, data);
    }
  }

  /** {@code ticket.resolved}: a ticket is done. */
  public static final class TicketResolved extends TicketEvent {
    TicketResolved(WebhookEvent head, TicketPayload data) {
      super(head, data);
    }
  }

  /**
   * A type that this version does not know, or a known one whose data is not an object. Answer 200:
   * the sender would only send it again.
   */
  public static final class Unknown extends WebhookEvent {
    private final @Nullable Object data;

    Unknown(Reader in, byte[] body) {
      super(in, body);
      data = null;
    }

    Unknown(WebhookEvent head, @Nullable Object data) {
      super(head);
      this.data = data;
    }

    @Override
    public @Nullable Object getData() {
      return data;
    }
  }
}
