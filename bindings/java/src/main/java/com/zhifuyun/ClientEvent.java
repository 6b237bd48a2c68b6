package com.zhifuyun;

import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * Something a client did: {@code request}, {@code response}, {@code retry}, {@code wait}, {@code
 * refresh} of the token, or {@code dropped} if nobody listened for too long. Carries no secret, no
 * query and no body.
 */
public final class ClientEvent {
  private final Map<String, Object> data;

  ClientEvent(Map<String, Object> data) {
    this.data = data;
  }

  /** What it did. */
  public String getName() {
    return String.valueOf(data.get("event"));
  }

  /** The operation, such as {@code tickets.create}. */
  public @Nullable String getOperation() {
    return (String) data.get("operation");
  }

  /** 1 for the first attempt; null where it does not apply. */
  public @Nullable Long getAttempt() {
    return (Long) data.get("attempt");
  }

  /** The HTTP status of a response. */
  public @Nullable Long getHttpStatus() {
    return (Long) data.get("http_status");
  }

  /** The server's id of the request, for a response. */
  public @Nullable String getRequestId() {
    return (String) data.get("request_id");
  }

  /** How long: a response took, or the delay of a retry, or the wait at least. */
  public @Nullable Duration getDuration() {
    for (String name : new String[] {"elapsed", "delay", "duration"}) {
      if (data.get(name) != null) {
        return Timing.seconds(data.get(name));
      }
    }
    return null;
  }

  /**
   * Writes it to the logger {@code com.zhifuyun} of {@code java.util.logging}: retries and waits at
   * {@code INFO}, the rest at {@code FINE}. As a listener: {@code ClientEvent::log}.
   */
  public void log() {
    boolean news = getName().equals("retry") || getName().equals("wait");
    Log.LOGGER.log(news ? Level.INFO : Level.FINE, "{0}", this);
  }

  /** Everything, by name; durations are seconds. */
  public Map<String, Object> getData() {
    return data;
  }

  @Override
  public String toString() {
    return data.toString();
  }
}
