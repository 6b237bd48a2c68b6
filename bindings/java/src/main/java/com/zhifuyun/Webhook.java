package com.zhifuyun;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * Verifies webhooks and signs them. Immutable; build one and share it.
 *
 * <pre>{@code
 * Webhook webhook = Webhook.fromEnv();
 * WebhookEvent event = webhook.verify(headers, rawBody);
 * if (event instanceof WebhookEvent.TicketCreated) {
 *   System.out.println(((WebhookEvent.TicketCreated) event).getData().getTicketId());
 * }
 * }</pre>
 *
 * <p>Headers are a map from names, in any case, to a String or to several in an Iterable or an
 * array, as every framework has them. The body is the bytes as they arrived: one that was parsed
 * and written again has other spaces, and no signature matches it.
 */
public final class Webhook {
  /** Where {@link #fromEnv} finds the secrets. */
  private static final String VARIABLE = "ZHIFUYUN_WEBHOOK_SECRET";

  private final long id;
  private final int maxBodyBytes;
  private final String text;

  private Webhook(Builder builder) {
    if (builder.secrets.contains(null)) {
      throw Errors.config(
          "webhook secret "
              + (builder.secrets.indexOf(null) + 1)
              + " is null; is its environment variable set?");
    }
    NativeLibrary.load();
    Map<String, Object> settings = new LinkedHashMap<>(builder.settings);
    settings.put("secrets", new ArrayList<>(builder.secrets));
    id = Reader.id(Native.webhook(Json.parts(Json.object(settings))));
    maxBodyBytes = (Integer) settings.getOrDefault("max_body_bytes", 1024 * 1024);
    text = "Webhook{secrets=" + builder.secrets.size() + ", " + builder.settings + '}';
    Reaper.register(this, id, Native::forget);
  }

  /** Starts to configure a verifier. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A verifier with the secret in {@code ZHIFUYUN_WEBHOOK_SECRET}, or with several, separated by
   * commas or white space.
   *
   * @throws ConfigException if the variable is not set, or a secret is malformed
   */
  public static Webhook fromEnv() {
    return builder().fromEnv().build();
  }

  /**
   * Checks a webhook and reads its event.
   *
   * @throws WebhookVerificationException with the reason; nothing is read from a body before its
   *     signature was good
   */
  public WebhookEvent verify(Map<String, ?> headers, byte[] body) {
    return verify(headers, body, Long.MIN_VALUE);
  }

  /** {@link #verify} at another time than now, for tests and for recorded webhooks. */
  public WebhookEvent verifyAt(Map<String, ?> headers, byte[] body, Instant now) {
    return verify(headers, body, Given.value(now, "now").getEpochSecond());
  }

  private WebhookEvent verify(Map<String, ?> headers, byte[] body, long now) {
    Given.value(headers, "headers");
    Given.value(body, "body");
    List<String> texts = new ArrayList<>();
    headers.forEach((name, value) -> header(texts, name, value));
    byte[] parts = Json.parts(texts.toArray(new String[0]));
    Reader in = new Reader(Native.verify(id, parts, body, now));
    in.open(null);
    return WebhookEvent.read(in, body.clone());
  }

  private static void header(List<String> out, @Nullable String name, @Nullable Object value) {
    if (name == null || value == null) {
      return;
    }
    if (value instanceof Iterable) {
      ((Iterable<?>) value).forEach(one -> header(out, name, one));
    } else if (value instanceof Object[]) {
      for (Object one : (Object[]) value) {
        header(out, name, one);
      }
    } else if (value instanceof CharSequence) {
      out.add(name);
      out.add(value.toString());
    } else {
      throw Errors.argument("headers", "the values of headers must be text, or lists of text");
    }
  }

  /**
   * Verifies, reserves, runs {@code handler}, and commits. If the handler throws, the next attempt
   * of the sender is let in, and what it threw is thrown.
   *
   * @return the event that was handled
   * @throws WebhookVerificationException if it was refused, or was handled before ({@code
   *     replayed}) or is being handled ({@code in_flight}); {@link
   *     WebhookVerificationException#suggestedHttpStatus()} says how to answer
   */
  public WebhookEvent handle(
      Map<String, ?> headers,
      byte[] body,
      ReplayGuard guard,
      Consumer<? super WebhookEvent> handler) {
    Given.value(guard, "guard");
    Given.value(handler, "handler");
    WebhookEvent event = verify(headers, body);
    String key = event.getDedupeKey();
    ReplayGuard.Reservation reservation = guard.reserve(key);
    if (reservation.state() == ReplayGuard.State.IN_FLIGHT) {
      throw Errors.webhook(
          "in_flight",
          "this webhook is being handled at this moment: answer 409, so that the sender tries again"
              + " if that handler fails");
    }
    if (reservation.state() == ReplayGuard.State.DONE) {
      throw Errors.webhook(
          "replayed",
          "this webhook was already handled: answer 200, so that the sender stops, and do nothing");
    }
    try {
      handler.accept(event);
    } catch (Throwable e) {
      settle(guard::release, key, reservation.lease());
      throw e;
    }
    settle(guard::commit, key, reservation.lease());
    return event;
  }

  private interface Settling {
    void settle(String key, long lease);
  }

  /** What became of the webhook stands, whatever the guard's store says to it. */
  private static void settle(Settling how, String key, long lease) {
    try {
      how.settle(key, lease);
    } catch (Throwable e) {
      Log.LOGGER.log(Level.WARNING, "the replay guard could not note what became of a webhook", e);
    }
  }

  /**
   * Signs a body as the sender does, for tests of endpoints: with every secret, or with the first
   * where the scheme has room for one signature only.
   *
   * @param id ignored by schemes without one, where it may be null
   * @param timestamp of which whole seconds are used; ignored by schemes without one
   * @return the headers
   */
  public Map<String, String> sign(@Nullable String id, Instant timestamp, byte[] body) {
    long at = Given.value(timestamp, "timestamp").getEpochSecond();
    byte[] message = Json.parts(id == null ? "" : id);
    Object headers = Reader.value(Native.sign(this.id, message, at, Given.value(body, "body")));
    Map<String, String> signed = new LinkedHashMap<>();
    Reader.map(headers).forEach((name, value) -> signed.put(name, (String) value));
    return signed;
  }

  /** The largest body in bytes that is not refused. */
  public int maxBodyBytes() {
    return maxBodyBytes;
  }

  @Override
  public String toString() {
    return text;
  }

  /** The settings of a {@link Webhook}. */
  public static final class Builder {
    private final List<String> secrets = new ArrayList<>();
    private final Map<String, Object> settings = new LinkedHashMap<>();

    Builder() {}

    /**
     * Adds the secret in {@code ZHIFUYUN_WEBHOOK_SECRET}, or several, separated by commas or white
     * space.
     *
     * @throws ConfigException if the variable is not set
     */
    public Builder fromEnv() {
      return fromEnv(System.getenv());
    }

    Builder fromEnv(Map<String, String> environment) {
      String value = environment.get(VARIABLE);
      int before = secrets.size();
      for (String secret : (value == null ? "" : value).split("[,\\s]+")) {
        if (!secret.isEmpty()) {
          secrets.add(secret);
        }
      }
      if (secrets.size() == before) {
        throw Errors.config("the webhook secret is missing: set " + VARIABLE);
      }
      return this;
    }

    /**
     * Adds a secret; it begins with {@code whsec_} in the default scheme. With several, a signature
     * by any of them is good: while one is being rotated the endpoint knows the new and the old
     * one. Null, such as a variable that is not set, is refused when the verifier is built.
     */
    public Builder secret(@Nullable String secret) {
      secrets.add(secret);
      return this;
    }

    /** How the sender signs. Default: {@link SignatureScheme#standard()}. */
    public Builder scheme(SignatureScheme scheme) {
      settings.put("scheme", Given.value(scheme, "scheme").json());
      return this;
    }

    /** How far the timestamp may be from this machine's clock, either way. Default: 300 s. */
    public Builder tolerance(Duration tolerance) {
      settings.put("tolerance", RequestOptions.seconds(Given.value(tolerance, "tolerance")));
      return this;
    }

    /** The largest body in bytes. Default: 1 MiB. */
    public Builder maxBodyBytes(int bytes) {
      settings.put("max_body_bytes", bytes);
      return this;
    }

    /**
     * The verifier.
     *
     * @throws ConfigException if there is no secret, one is malformed, or the scheme makes no sense
     */
    public Webhook build() {
      return new Webhook(this);
    }
  }
}
