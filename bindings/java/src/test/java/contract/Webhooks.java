package contract;

import static contract.Matching.at;
import static contract.Matching.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zhifuyun.ReplayGuard;
import com.zhifuyun.SignatureScheme;
import com.zhifuyun.Webhook;
import com.zhifuyun.WebhookEvent;
import com.zhifuyun.ZhifuyunException;
import contract.Host.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The steps about webhooks. */
final class Webhooks {
  private Webhooks() {}

  /** The handler of the scenario fails. */
  private static final class HandlerFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  static Outcome run(String kind, JsonNode spec, String control, ReplayGuard guard) {
    String[] known =
        kind.equals("sign")
            ? new String[] {"scheme", "secrets", "id", "timestamp", "body"}
            : "scheme secrets headers sign_as delivery body body_base64 now tolerance max_body_bytes handler"
                .split(" ");
    keys(kind, spec, known);
    try {
      Webhook webhook = webhook(spec);
      if (spec.has("delivery")) {
        spec = delivered((ObjectNode) spec.deepCopy(), control);
      }
      return kind.equals("sign") ? sign(webhook, spec) : verify(webhook, spec, guard);
    } catch (ZhifuyunException e) {
      return Outcome.failed(e);
    }
  }

  private static Webhook webhook(JsonNode spec) {
    Webhook.Builder builder = Webhook.builder();
    spec.path("secrets").forEach(secret -> builder.secret(secret.asText()));
    if (spec.has("scheme")) {
      builder.scheme(SignatureScheme.fromJson(spec.get("scheme").toString()));
    }
    if (spec.has("tolerance")) {
      builder.tolerance(Duration.ofMillis(Math.round(spec.get("tolerance").asDouble() * 1000)));
    }
    if (spec.has("max_body_bytes")) {
      builder.maxBodyBytes(spec.get("max_body_bytes").asInt());
    }
    return builder.build();
  }

  /** Puts what the server's own receiver got into the place of headers and body. */
  private static JsonNode delivered(ObjectNode spec, String control) {
    JsonNode inbox = Server.ask("GET", control + "/inbox", null);
    JsonNode delivery = at(inbox, "received." + spec.get("delivery").asInt());
    Matching.check(delivery.has("headers"), "there is no such delivery in " + inbox);
    List<List<String>> pairs = new ArrayList<>();
    delivery
        .get("headers")
        .properties()
        .forEach(e -> pairs.add(List.of(e.getKey(), e.getValue().asText())));
    spec.set("headers", Server.JSON.valueToTree(pairs));
    for (String form : new String[] {"body", "body_base64"}) {
      if (delivery.hasNonNull(form)) {
        spec.set(form, delivery.get(form));
      }
    }
    return spec;
  }

  private static byte[] body(JsonNode spec) {
    return spec.has("body_base64")
        ? Base64.getDecoder().decode(spec.get("body_base64").asText())
        : spec.path("body").asText("").getBytes(StandardCharsets.UTF_8);
  }

  private static Instant time(JsonNode spec, String name) {
    return spec.has(name) ? Instant.ofEpochSecond(spec.get(name).asLong()) : Instant.now();
  }

  private static Outcome sign(Webhook webhook, JsonNode spec) {
    return Outcome.done(
        webhook.sign(spec.path("id").asText(""), time(spec, "timestamp"), body(spec)));
  }

  /** Several values of a header stand in a list, as frameworks have them. */
  static Map<String, Object> headers(JsonNode pairs) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    pairs.forEach(
        p -> all.computeIfAbsent(p.get(0).asText(), n -> new ArrayList<>()).add(p.get(1).asText()));
    return new LinkedHashMap<>(all);
  }

  private static Outcome verify(Webhook webhook, JsonNode spec, ReplayGuard guard) {
    byte[] body = body(spec);
    Map<String, ?> headers =
        spec.has("sign_as")
            ? webhook.sign(spec.get("sign_as").asText(), Instant.now(), body)
            : headers(spec.path("headers"));
    if (!spec.has("handler")) {
      WebhookEvent event =
          spec.has("now")
              ? webhook.verifyAt(headers, body, time(spec, "now"))
              : webhook.verify(headers, body);
      return Outcome.done(Project.event(event));
    }
    String how = spec.get("handler").asText();
    WebhookEvent[] reached = new WebhookEvent[1];
    try {
      webhook.handle(
          headers,
          body,
          guard,
          event -> {
            reached[0] = event;
            if (how.equals("fail")) {
              throw new HandlerFailed();
            }
            if (how.equals("again")) {
              webhook.handle(headers, body, guard, again -> {});
            }
          });
    } catch (HandlerFailed e) {
      Matching.check(how.equals("fail"), "the handler failed by itself");
    }
    return Outcome.done(Project.event(reached[0]));
  }
}
