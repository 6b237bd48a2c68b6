package com.zhifuyun;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can go wrong, with what is needed to act on it.
 *
 * <p>The subclass, and {@link #getKind()} with the same name in all languages, is what callers
 * decide on; {@link #getReason()} says precisely what happened. Neither the message nor any field
 * ever shows a secret.
 *
 * <pre>{@code
 * try {
 *   client.tickets().create(t -> t.title("Broken").description("It does not start"));
 * } catch (RateLimitException e) {
 *   retryLater(e.getRetryAfter());
 * } catch (ZhifuyunException e) {
 *   if (e.isMaybeApplied()) {
 *     lookBeforeYouRepeat();
 *   }
 * }
 * }</pre>
 */
public class ZhifuyunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String kind;
  private final String reason;
  private final String detail;
  private final @Nullable String operation;
  private final @Nullable String argument;
  private final @Nullable Long code;
  private final @Nullable Integer httpStatus;
  private final @Nullable String requestId;
  private final @Nullable Duration retryAfter;
  private final int attempts;
  private final boolean maybeApplied;
  private final @Nullable String webhookReason;
  private final ArrayList<FieldError> fields = new ArrayList<>();
  private final Timing timing;

  ZhifuyunException(Map<String, Object> data) {
    super(text(data, "message"), cause((List<?>) data.get("causes")));
    kind = text(data, "kind");
    reason = text(data, "reason");
    detail = text(data, "detail");
    operation = (String) data.get("operation");
    argument = (String) data.get("argument");
    code = (Long) data.get("code");
    Long status = (Long) data.get("http_status");
    httpStatus = status == null ? null : Integer.valueOf(status.intValue());
    requestId = (String) data.get("request_id");
    Object wait = data.get("retry_after");
    retryAfter = wait == null ? null : Timing.seconds(wait);
    Long count = (Long) data.get("attempts");
    attempts = count == null ? 0 : count.intValue();
    maybeApplied = Boolean.TRUE.equals(data.get("maybe_applied"));
    webhookReason = (String) data.get("webhook_reason");
    List<?> named = (List<?>) data.get("fields");
    for (Object field : named == null ? Collections.emptyList() : named) {
      Map<String, Object> map = Reader.map(field);
      fields.add(new FieldError(text(map, "field"), text(map, "message")));
    }
    timing = new Timing(Reader.map(data.get("timing")));
  }

  private static String text(Map<String, Object> data, String name) {
    return String.valueOf(data.get(name));
  }

  /** The causes as a chain, outermost first. */
  private static @Nullable Throwable cause(@Nullable List<?> causes) {
    Throwable cause = null;
    for (int i = causes == null ? 0 : causes.size(); i > 0; i--) {
      cause = new Cause(String.valueOf(causes.get(i - 1)), cause);
    }
    return cause;
  }

  /** What the native half says about the cause. There is no Java stack behind it. */
  private static final class Cause extends Exception {
    private static final long serialVersionUID = 1L;

    Cause(String message, @Nullable Throwable cause) {
      super(message, cause, false, false);
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /** The stable name of the branch of the tree, such as {@code rate_limit}; the same everywhere. */
  public String getKind() {
    return kind;
  }

  /** The stable name of what precisely happened, such as {@code connect_timeout}. */
  public String getReason() {
    return reason;
  }

  /** The sentence of {@link #getMessage()} without the notes around it. */
  public String getDetail() {
    return detail;
  }

  /** The operation, such as {@code tickets.create}; null if none was under way. */
  public @Nullable String getOperation() {
    return operation;
  }

  /** The argument that was refused, as the API writes its name; null for other errors. */
  public @Nullable String getArgument() {
    return argument;
  }

  /** The code in the envelope of the answer, as it was sent. */
  public @Nullable Long getCode() {
    return code;
  }

  /** The HTTP status of the answer; null if there was none. */
  public @Nullable Integer getHttpStatus() {
    return httpStatus;
  }

  /** The server's id of the request, for support. */
  public @Nullable String getRequestId() {
    return requestId;
  }

  /** How long the server, or the local plan, wants the caller to wait. */
  public @Nullable Duration getRetryAfter() {
    return retryAfter;
  }

  /** How many requests of this operation left the client; 0 if none did. */
  public int getAttempts() {
    return attempts;
  }

  /** True when a write may have happened although the call failed. Look before you repeat it. */
  public boolean isMaybeApplied() {
    return maybeApplied;
  }

  /** The fields that the server complained about; empty if it named none. */
  public List<FieldError> getFields() {
    return Collections.unmodifiableList(fields);
  }

  /** Why a webhook was refused; null for other errors. */
  public @Nullable String getWebhookReason() {
    return webhookReason;
  }

  /** Where the time went. */
  public Timing getTiming() {
    return timing;
  }

  /** Whether the same call has a fair chance later: connection, timeout, rate limit, server. */
  public boolean isTransient() {
    switch (kind) {
      case "connection":
      case "timeout":
      case "rate_limit":
      case "server":
        return !reason.equals("tls");
      default:
        return false;
    }
  }

  /** The data of an error that only Java knows. */
  static Map<String, Object> data(String kind, String reason, String message) {
    Map<String, Object> data = new HashMap<>();
    data.put("kind", kind);
    data.put("reason", reason);
    data.put("detail", message);
    data.put("message", kind + " (" + reason + "): " + message);
    return data;
  }
}
