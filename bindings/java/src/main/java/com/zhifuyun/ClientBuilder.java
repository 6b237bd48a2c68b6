package com.zhifuyun;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The options of a client. Null means the default. Nothing is checked before the client is built,
 * and building it makes no connection.
 *
 * @param <B> the builder itself
 */
public abstract class ClientBuilder<B extends ClientBuilder<B>> {
  private final Map<String, Object> options = new LinkedHashMap<>();
  private @Nullable Consumer<ClientEvent> listener;
  private @Nullable Executor executor;

  ClientBuilder() {}

  @SuppressWarnings("unchecked")
  private B set(String name, @Nullable Object value) {
    if (value == null) {
      options.remove(name);
    } else {
      options.put(name, value);
    }
    return (B) this;
  }

  private B set(String name, @Nullable Duration value) {
    return set(name, value == null ? null : (Object) RequestOptions.seconds(value));
  }

  /**
   * Takes {@code ZHIFUYUN_CLIENT_ID} and {@code ZHIFUYUN_CLIENT_SECRET} from the environment, and
   * {@code ZHIFUYUN_BASE_URL} and {@code ZHIFUYUN_PLAN} where they are set.
   *
   * @throws ConfigException naming the variable that is missing
   */
  public B fromEnv() {
    return fromEnv(System.getenv());
  }

  B fromEnv(Map<String, String> environment) {
    for (String name : new String[] {"client_id", "client_secret", "base_url", "plan"}) {
      String variable = "ZHIFUYUN_" + name.toUpperCase(java.util.Locale.ROOT);
      String value = environment.get(variable);
      if (value != null && !value.isEmpty()) {
        set(name, value);
      } else if (name.startsWith("client_")) {
        throw Errors.config(
            "the environment variable " + variable + " is not set; set it or pass the value");
      }
    }
    return set("client_id", options.get("client_id"));
  }

  /** The id of the API key. Required. */
  public B clientId(@Nullable String id) {
    return set("client_id", id);
  }

  /** The secret of the API key. Required. Never shown, logged or part of an error. */
  public B clientSecret(@Nullable String secret) {
    return set("client_secret", secret);
  }

  /** The server's address; a path in it is kept. Default: {@code https://api.zhifuyun.com}. */
  public B baseUrl(@Nullable String url) {
    return set("base_url", url);
  }

  /** The total deadline of a call: queueing, token, attempts and waits. Default: 90 s. */
  public B timeout(@Nullable Duration timeout) {
    return set("timeout", timeout);
  }

  /** The deadline of one attempt. Default: 30 s. */
  public B attemptTimeout(@Nullable Duration timeout) {
    return set("attempt_timeout", timeout);
  }

  /** How long connecting may take, TLS included. Default: 5 s. */
  public B connectTimeout(@Nullable Duration timeout) {
    return set("connect_timeout", timeout);
  }

  /** How often a call is repeated after a transient failure. Default: 2. */
  public B maxRetries(int retries) {
    return set("max_retries", retries);
  }

  /** A longer wait than this that the server asks for is an error at once. Default: 300 s. */
  public B maxRetryAfter(@Nullable Duration wait) {
    return set("max_retry_after", wait);
  }

  /** How many requests per minute the account may make. Default: {@link Plan#AUTO}. */
  public B plan(@Nullable Plan plan) {
    return set("plan", plan == null ? null : (Object) plan.value());
  }

  /** What a call does when the plan has no room. Default: {@link OnLimit#WAIT}. */
  public B onLimit(@Nullable OnLimit onLimit) {
    return set("on_limit", onLimit == OnLimit.RAISE ? "raise" : null);
  }

  /**
   * An http, https or socks5 proxy. Default: by the environment ({@code HTTPS_PROXY} and so on).
   */
  public B proxy(@Nullable String url) {
    return set("proxy", url);
  }

  /** Connects directly, whatever the environment says. */
  public B noProxy() {
    return set("proxy", false);
  }

  /** A PEM file with certificates to trust besides those of the system. */
  public B caBundle(@Nullable Path file) {
    return set("ca_bundle", file == null ? null : (Object) file.toString());
  }

  /** The same as PEM text. */
  public B caBundle(@Nullable String pem) {
    return set("ca_bundle", pem);
  }

  /** What to add to the {@code User-Agent}, such as {@code shop/2.1}. */
  public B userAgent(@Nullable String suffix) {
    return set("user_agent", suffix);
  }

  /** The longest answer that is read, in bytes after decompression. Default: 16 MiB. */
  public B maxResponseBytes(long bytes) {
    return set("max_response_bytes", bytes);
  }

  /** How long an unused connection is kept. Default: 20 s. */
  public B poolIdleTimeout(@Nullable Duration timeout) {
    return set("pool_idle_timeout", timeout);
  }

  /** Allows http to a host that is not this one, which sends the secret in the clear. */
  public B allowInsecure(boolean allow) {
    return set("allow_insecure", allow);
  }

  /** The zone in which times without one are meant that the server sends. */
  public B timeZone(@Nullable ZoneOffset zone) {
    return set("time_zone", zone == null ? null : (Object) zone.getId());
  }

  /**
   * For tests: the control address of a mock server's clock. The client skips its waits and drives
   * that clock along.
   */
  public B testClock(@Nullable String url) {
    return set("test_clock", url);
  }

  /**
   * Is told what the client does, right after each call and on its thread. It must not block; what
   * it throws is logged. {@code ClientEvent::log} logs everything.
   */
  @SuppressWarnings("unchecked")
  public B listener(@Nullable Consumer<ClientEvent> listener) {
    this.listener = listener;
    return (B) this;
  }

  /** Where futures are completed. Default: daemon threads of this library. */
  @SuppressWarnings("unchecked")
  public B executor(@Nullable Executor executor) {
    this.executor = executor;
    return (B) this;
  }

  Core core() {
    Events events = null;
    Map<String, Object> all = new LinkedHashMap<>(options);
    if (listener != null) {
      events = new Events(listener);
      all.put("events", true);
    }
    String version = System.getProperty("java.version", "unknown");
    all.put("host", "java/" + Platform.plain(version));
    Object url = options.get("base_url");
    return new Core(
        Json.object(all), executor, events, url == null ? "" : "baseUrl=" + safe(url.toString()));
  }

  /** An address that was refused may hold a password, but then there is no client to print it. */
  private static String safe(String url) {
    int query = url.indexOf('?');
    return query < 0 ? url : url.substring(0, query);
  }

  @Override
  public String toString() {
    return "Builder" + options.keySet();
  }
}
