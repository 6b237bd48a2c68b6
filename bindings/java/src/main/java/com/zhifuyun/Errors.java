package com.zhifuyun;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** From error data to exceptions. */
final class Errors {
  private static final Map<String, Function<Map<String, Object>, ZhifuyunException>> BY_KIND =
      new HashMap<>();

  static {
    BY_KIND.put("config", ConfigException::new);
    BY_KIND.put("invalid_argument", InvalidArgumentException::new);
    BY_KIND.put("connection", ConnectionException::new);
    BY_KIND.put("timeout", TimeoutException::new);
    BY_KIND.put("api", ApiException::new);
    BY_KIND.put("bad_request", BadRequestException::new);
    BY_KIND.put("authentication", AuthenticationException::new);
    BY_KIND.put("permission_denied", PermissionDeniedException::new);
    BY_KIND.put("not_found", NotFoundException::new);
    BY_KIND.put("rate_limit", RateLimitException::new);
    BY_KIND.put("server", ServerException::new);
    BY_KIND.put("decode", DecodeException::new);
    BY_KIND.put("webhook_verification", WebhookVerificationException::new);
    BY_KIND.put("closed", ClosedException::new);
    BY_KIND.put("internal", InternalException::new);
  }

  private Errors() {}

  static ZhifuyunException of(Map<String, Object> data) {
    return BY_KIND.getOrDefault(data.get("kind"), ZhifuyunException::new).apply(data);
  }

  static CallInterruptedException interrupted(@Nullable String operation, boolean maybeApplied) {
    String detail = "the thread was interrupted while it waited, and the call was cancelled";
    Map<String, Object> data = ZhifuyunException.data("interrupted", "interrupted", detail);
    // As the messages of all other errors.
    data.put(
        "message",
        (operation == null ? "" : operation + ": ")
            + data.get("message")
            + (maybeApplied
                ? " [the write may have been applied: check before repeating it]"
                : ""));
    data.put("operation", operation);
    data.put("maybe_applied", maybeApplied);
    return new CallInterruptedException(data);
  }

  static InvalidArgumentException argument(String name, String message) {
    Map<String, Object> data =
        ZhifuyunException.data("invalid_argument", "invalid_argument", message);
    data.put("argument", name);
    return new InvalidArgumentException(data);
  }

  static <T> T given(@Nullable T value, String name) {
    if (value == null) {
      throw argument(name, name + " must not be null");
    }
    return value;
  }

  static ConfigException config(String message) {
    return new ConfigException(ZhifuyunException.data("config", "invalid_config", message));
  }

  static WebhookVerificationException webhook(String reason, String message) {
    Map<String, Object> data = ZhifuyunException.data("webhook_verification", "webhook", message);
    data.put("webhook_reason", reason);
    return new WebhookVerificationException(data);
  }
}
