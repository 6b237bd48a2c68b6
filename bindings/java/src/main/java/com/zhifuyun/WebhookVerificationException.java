package com.zhifuyun;

import java.util.Map;

/** A webhook was refused; {@link #getWebhookReason()} says why. */
public class WebhookVerificationException extends ZhifuyunException {
  private static final long serialVersionUID = 1L;

  WebhookVerificationException(Map<String, Object> data) {
    super(data);
  }

  /**
   * The HTTP status that an endpoint should answer with: 200 for one that was already handled, 409
   * for one that is being handled, 413, 401 for everything about the signature and its age, 500
   * where the endpoint itself is at fault, else 400.
   */
  public int suggestedHttpStatus() {
    String reason = getWebhookReason();
    switch (reason == null ? "" : reason) {
      case "replayed":
        return 200;
      case "in_flight":
        return 409;
      case "body_too_large":
        return 413;
      case "body_not_raw":
      case "reserialized_body":
        return 500;
      case "timestamp_too_old":
      case "timestamp_too_new":
      case "no_supported_signature":
      case "signature_mismatch":
        return 401;
      default:
        return 400;
    }
  }
}
