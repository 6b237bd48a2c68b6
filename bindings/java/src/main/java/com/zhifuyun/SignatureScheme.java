package com.zhifuyun;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a sender of webhooks signs: which headers, which text, which encoding. The MAC is always
 * HMAC-SHA-256. Data, not code: a scheme that is not named here is read from JSON.
 */
public final class SignatureScheme {
  private final String json;

  private SignatureScheme(String json) {
    this.json = json;
  }

  private static SignatureScheme of(
      String header, String format, String encoding, String payload, String... more) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("signature_header", Given.value(header, "header"));
    fields.put("format", format);
    fields.put("encoding", encoding);
    fields.put("payload", payload);
    for (int i = 0; i + 1 < more.length; i += 2) {
      fields.put(more[i], more[i + 1]);
    }
    if (format.equals("fields")) {
      fields.put("timestamp", java.util.Collections.singletonMap("field", "t"));
    }
    return new SignatureScheme(Json.object(fields));
  }

  /**
   * Standard Webhooks 1.0.0, the default: {@code webhook-id}, {@code webhook-timestamp}, and {@code
   * webhook-signature} with {@code v1,<base64>} over {@code id.timestamp.body}.
   */
  public static SignatureScheme standard() {
    return new SignatureScheme("\"standard\"");
  }

  /** {@code t=<seconds>,v1=<hex>} in one header, over {@code timestamp.body}. No id. */
  public static SignatureScheme timestampedHex(String header) {
    return of(header, "fields", "hex", "{timestamp}.{body}", "version", "v1");
  }

  /** {@code sha256=<hex>} in one header, over the body alone. No id and no age. */
  public static SignatureScheme hex(String header) {
    return of(header, "single", "hex", "{body}", "prefix", "sha256=");
  }

  /** {@code <base64>} in one header, over the body alone. No id and no age. */
  public static SignatureScheme base64(String header) {
    return of(header, "single", "base64", "{body}");
  }

  /**
   * Another scheme: an object with {@code signature_header}, {@code format} ({@code list}, {@code
   * fields} or {@code single}), {@code encoding} ({@code base64} or {@code hex}) and {@code
   * payload}, and where needed {@code id_header}, {@code timestamp} ({@code {"header": …}} or
   * {@code {"field": …}}), {@code version}, {@code prefix} and {@code secret} ({@code standard} or
   * {@code text}). It is checked when the {@link Webhook} is built.
   */
  public static SignatureScheme fromJson(String json) {
    return new SignatureScheme(Given.value(json, "json"));
  }

  String json() {
    return json;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SignatureScheme && Objects.equals(((SignatureScheme) other).json, json);
  }

  @Override
  public int hashCode() {
    return Objects.hash(json);
  }

  @Override
  public String toString() {
    return "SignatureScheme" + json;
  }
}
