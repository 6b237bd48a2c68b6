package com.zhifuyun;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * A whole endpoint: verifies, lets every event through once, and hands it to whoever is there for
 * its class.
 *
 * <pre>{@code
 * WebhookHandler hooks =
 *     WebhookHandler.builder(webhook)
 *         .on(WebhookEvent.TicketCreated.class, e -> open(e.getData().getTicketId()))
 *         .build();
 * int status = hooks.handle(headers, body);
 * }</pre>
 */
public final class WebhookHandler {
  private final Webhook webhook;
  private final ReplayGuard guard;
  private final Map<Class<?>, Consumer<WebhookEvent>> receivers;
  private final @Nullable Consumer<WebhookEvent> fallback;

  private WebhookHandler(Builder builder) {
    webhook = builder.webhook;
    guard = builder.guard;
    receivers = new LinkedHashMap<>(builder.receivers);
    fallback = builder.fallback;
  }

  /** Starts with nobody there for anything. */
  public static Builder builder(Webhook webhook) {
    return new Builder(webhook);
  }

  /**
   * Handles a webhook.
   *
   * @return the HTTP status to answer with; an event that nobody is there for is 200, because the
   *     sender would only send it again
   * @throws RuntimeException what a receiver threw; answer 500, and the sender will send it again
   */
  public int handle(Map<String, ?> headers, byte[] body) {
    boolean[] received = {false};
    try {
      webhook.handle(
          headers,
          body,
          guard,
          event -> {
            received[0] = true;
            dispatch(event);
          });
      return 200;
    } catch (WebhookVerificationException e) {
      if (received[0]) {
        // A receiver's own: it verified something else, in vain.
        throw e;
      }
      Log.LOGGER.log(Level.FINE, "webhook refused", e);
      return e.suggestedHttpStatus();
    }
  }

  /** The largest body in bytes that the webhook does not refuse. */
  public int maxBodyBytes() {
    return webhook.maxBodyBytes();
  }

  private void dispatch(WebhookEvent event) {
    for (Map.Entry<Class<?>, Consumer<WebhookEvent>> receiver : receivers.entrySet()) {
      if (receiver.getKey().isInstance(event)) {
        receiver.getValue().accept(event);
        return;
      }
    }
    if (fallback != null) {
      fallback.accept(event);
    }
  }

  /** The receivers of a {@link WebhookHandler}. */
  public static final class Builder {
    private final Webhook webhook;
    private final Map<Class<?>, Consumer<WebhookEvent>> receivers = new LinkedHashMap<>();
    private ReplayGuard guard = new MemoryReplayGuard();
    private @Nullable Consumer<WebhookEvent> fallback;

    Builder(Webhook webhook) {
      this.webhook = Given.value(webhook, "webhook");
    }

    /** Who receives events of a class; the first one that fits receives it. */
    public <E extends WebhookEvent> Builder on(Class<E> type, Consumer<? super E> receiver) {
      Given.value(receiver, "receiver");
      receivers.put(Given.value(type, "type"), event -> receiver.accept(type.cast(event)));
      return this;
    }

    /** Who receives all others. Default: nobody. */
    public Builder fallback(Consumer<WebhookEvent> receiver) {
      fallback = receiver;
      return this;
    }

    /** What remembers handled webhooks. Default: a {@link MemoryReplayGuard}. */
    public Builder replayGuard(ReplayGuard guard) {
      this.guard = Given.value(guard, "guard");
      return this;
    }

    /** The handler. */
    public WebhookHandler build() {
      return new WebhookHandler(this);
    }
  }
}
