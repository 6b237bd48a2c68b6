package com.zhifuyun;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From error data to exceptions. They are declared as what the machine knows: a class that can
 * throw one of this library's has it loaded first, and the first call needs none.
 */
final class Errors {
  private Errors() {}

  static RuntimeException of(Map<String, Object> data) {
    switch (String.valueOf(data.get("kind"))) {
      case "config":
        return new ConfigException(data);
      case "invalid_argument":
        return new InvalidArgumentException(data);
      case "connection":
        return new ConnectionException(data);
      case "timeout":
        return new TimeoutException(data);
      case "api":
        return new ApiException(data);
      case "bad_request":
        return new BadRequestException(data);
      case "authentication":
        return new AuthenticationException(data);
      case "permission_denied":
        return new PermissionDeniedException(data);
      case "not_found":
        return new NotFoundException(data);
      case "rate_limit":
        return new RateLimitException(data);
      case "server":
        return new ServerException(data);
      case "decode":
        return new DecodeException(data);
      case "webhook_verification":
        return new WebhookVerificationException(data);
      case "closed":
        return new ClosedException(data);
      case "internal":
        return new InternalException(data);
      default:
        return new ZhifuyunException(data);
    }
  }

  static RuntimeException interrupted(@Nullable String operation, boolean maybeApplied) {
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

  static RuntimeException argument(String name, String message) {
    Map<String, Object> data =
        ZhifuyunException.data("invalid_argument", "invalid_argument", message);
    data.put("argument", name);
    return new InvalidArgumentException(data);
  }

  static RuntimeException config(String message) {
    return new ConfigException(ZhifuyunException.data("config", "invalid_config", message));
  }

  static RuntimeException nativeLibrary(String message) {
    return new NativeLibraryException(ZhifuyunException.data("config", "native_library", message));
  }

  static WebhookVerificationException webhook(String reason, String message) {
    Map<String, Object> data = ZhifuyunException.data("webhook_verification", "webhook", message);
    data.put("webhook_reason", reason);
    return new WebhookVerificationException(data);
  }
}
