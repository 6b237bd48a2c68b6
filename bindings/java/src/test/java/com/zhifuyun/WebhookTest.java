package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.zhifuyun.servlet.WebhookFilter;
import contract.Server;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Webhooks: the shared vectors, the guard, the handler. */
class WebhookTest {
  private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
  private static final byte[] BODY =
      "{\"event\":\"ticket.created\",\"data\":{\"ticket_id\":\"t1\"}}"
          .getBytes(StandardCharsets.UTF_8);

  @Test
  void vectors() throws Exception {
    JsonNode all =
        Server.JSON
            .readTree(Server.root().resolve("tests/vectors/webhooks.json").toFile())
            .get("vectors");
    assertEquals(140, all.size());
    for (JsonNode vector : all) {
      String name = vector.get("name").asText();
      JsonNode reason = vector.get("expect").get("reason");
      if (reason == null) {
        assertEvent(name, vector.get("expect").get("event"), verify(vector));
      } else {
        WebhookVerificationException e =
            assertThrows(WebhookVerificationException.class, () -> verify(vector), name);
        assertEquals(reason.asText(), e.getWebhookReason(), name);
      }
    }
  }

  private static WebhookEvent verify(JsonNode vector) {
    Webhook.Builder builder = Webhook.builder();
    vector.get("secrets").forEach(secret -> builder.secret(secret.asText()));
    builder.scheme(SignatureScheme.fromJson(vector.get("scheme").toString()));
    if (vector.has("tolerance")) {
      builder.tolerance(Duration.ofSeconds(vector.get("tolerance").asLong()));
    }
    if (vector.has("max_body_bytes")) {
      builder.maxBodyBytes(vector.get("max_body_bytes").asInt());
    }
    Map<String, List<String>> headers = new LinkedHashMap<>();
    vector
        .get("headers")
        .forEach(
            h ->
                headers
                    .computeIfAbsent(h.get(0).asText(), n -> new ArrayList<>())
                    .add(h.get(1).asText()));
    byte[] body =
        vector.has("body_base64")
            ? Base64.getDecoder().decode(vector.get("body_base64").asText())
            : vector.get("body").asText().getBytes(StandardCharsets.UTF_8);
    Instant now = Instant.ofEpochSecond(vector.get("now").asLong());
    return builder.build().verifyAt(headers, body, now);
  }

  private static void assertEvent(String name, JsonNode expected, WebhookEvent event) {
    assertEquals(expected.get("id").textValue(), event.getId(), name);
    assertEquals(expected.get("type").textValue(), event.getType(), name);
    assertEquals(expected.get("known").asBoolean(), event.isKnown(), name);
    JsonNode time = expected.get("timestamp");
    assertEquals(time.isNull() ? null : Instant.parse(time.asText()), event.getTimestamp(), name);
    JsonNode sent = expected.get("sent_at");
    Instant sentAt = sent.isNull() ? null : Instant.ofEpochSecond(sent.asLong());
    assertEquals(sentAt, event.getSentAt(), name);
    assertEquals(expected.get("dedupe_key").textValue(), event.getDedupeKey(), name);
    assertEquals(expected.get("extra").toString(), json(event.getExtra()), name);
    if (event instanceof WebhookEvent.TicketEvent) {
      TicketPayload ticket = ((WebhookEvent.TicketEvent) event).getData();
      JsonNode id = expected.get("data").path("ticket_id");
      assertEquals(id.isMissingNode() ? null : id.asText(), ticket.getTicketId(), name);
      JsonNode title = expected.get("data").path("title");
      if (title.isTextual()) {
        assertEquals(title.asText(), ticket.getTitle(), name);
      }
    } else if (!event.isKnown()) {
      assertEquals(expected.get("data").toString(), json(event.getData()), name);
    }
  }

  private static String json(Object value) {
    return Server.JSON.valueToTree(value).toString();
  }

  @Test
  void headersInEveryShape() {
    Webhook webhook = Webhook.builder().secret(SECRET).build();
    Map<String, String> signed = webhook.sign("msg_1", Instant.now(), BODY);
    assertEquals("t1", id(webhook.verify(signed, BODY)));
    WebhookEvent event = webhook.verify(signed, BODY);
    assertEquals(webhook.verify(signed, BODY), event);
    assertEquals(new String(BODY, StandardCharsets.UTF_8), event.getRaw());
    byte[] marked = ("\ufeff" + event.getRaw()).getBytes(StandardCharsets.UTF_8);
    WebhookEvent same = webhook.verify(webhook.sign("msg_1", Instant.now(), marked), marked);
    marked[0] = 0;
    assertEquals(event.getRaw(), same.getRaw());
    Map<String, Object> odd = new LinkedHashMap<>();
    odd.put("HTTP_WEBHOOK_ID", signed.get("webhook-id"));
    odd.put("Webhook-Timestamp", new String[] {signed.get("webhook-timestamp")});
    odd.put("WEBHOOK-SIGNATURE", List.of(signed.get("webhook-signature")));
    odd.put("x", null);
    odd.put(null, "HTTP/1.1 200");
    assertEquals("t1", id(webhook.verify(odd, BODY)));
    odd.put("y", 1);
    assertThrows(InvalidArgumentException.class, () -> webhook.verify(odd, BODY));
  }

  private static String id(WebhookEvent event) {
    return assertInstanceOf(WebhookEvent.TicketCreated.class, event).getData().getTicketId();
  }

  @Test
  void everyEventIsHandledOnce() {
    Webhook webhook = Webhook.builder().secret(SECRET).build();
    List<String> seen = new ArrayList<>();
    boolean[] fails = {true};
    WebhookHandler handler =
        WebhookHandler.builder(webhook)
            .on(
                WebhookEvent.TicketCreated.class,
                event -> {
                  seen.add(event.getData().getTicketId());
                  if (fails[0]) {
                    throw new IllegalStateException("the database is away");
                  }
                })
            .build();
    Map<String, String> headers = webhook.sign("msg_1", Instant.now(), BODY);
    assertThrows(IllegalStateException.class, () -> handler.handle(headers, BODY));
    fails[0] = false;
    assertEquals(200, handler.handle(headers, BODY));
    assertEquals(200, handler.handle(headers, BODY));
    assertEquals(List.of("t1", "t1"), seen);
    assertEquals(401, handler.handle(headers, "{}".getBytes(StandardCharsets.UTF_8)));
    assertEquals(400, handler.handle(Map.of(), BODY));
    Map<String, String> old = webhook.sign("msg_2", Instant.now().minusSeconds(301), BODY);
    assertEquals(401, handler.handle(old, BODY));
  }

  /** A store that reserves, and then is away. */
  private static final class Away implements ReplayGuard {
    @Override
    public Reservation reserve(String key) {
      return Reservation.reserved(1);
    }

    @Override
    public void commit(String key, long lease) {
      throw new IllegalStateException("the store is away");
    }

    @Override
    public void release(String key, long lease) {
      commit(key, lease);
    }
  }

  @Test
  void whatTheReceiverDidStands() {
    Webhook webhook = Webhook.builder().secret(SECRET).build();
    Map<String, String> headers = webhook.sign("msg_1", Instant.now(), BODY);
    RuntimeException[] thrown = {
      null,
      new IllegalArgumentException("on purpose"),
      Errors.webhook("bad_signature", "of something else")
    };
    List<LogRecord> logged = new ArrayList<>();
    Handler log =
        new StreamHandler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record);
          }
        };
    Log.LOGGER.addHandler(log);
    Log.LOGGER.setUseParentHandlers(false);
    try {
      for (RuntimeException e : thrown) {
        WebhookHandler handler =
            WebhookHandler.builder(webhook)
                .replayGuard(new Away())
                .fallback(
                    event -> {
                      if (e != null) {
                        throw e;
                      }
                    })
                .build();
        if (e == null) {
          assertEquals(200, handler.handle(headers, BODY));
        } else {
          assertSame(e, assertThrows(e.getClass(), () -> handler.handle(headers, BODY)));
        }
      }
    } finally {
      Log.LOGGER.setUseParentHandlers(true);
      Log.LOGGER.removeHandler(log);
    }
    assertEquals(3, logged.size());
    assertEquals("the store is away", logged.get(0).getThrown().getMessage());
  }

  @Test
  void nullIsRefusedWhereItIsGiven() {
    List<Executable> all =
        List.of(
            () -> SignatureScheme.hex(null),
            () -> SignatureScheme.base64(null),
            () -> SignatureScheme.timestampedHex(null),
            () -> new MemoryReplayGuard(1, null),
            () -> Plan.of(null));
    for (Executable call : all) {
      assertThrows(InvalidArgumentException.class, call);
    }
    assertThrows(NullPointerException.class, () -> new WebhookFilter(null));
  }

  @Test
  void theGuardForgetsInOrder() {
    AtomicLong clock = new AtomicLong();
    MemoryReplayGuard guard = new MemoryReplayGuard(2, Duration.ofNanos(100), clock::get);
    long a = guard.reserve("a").lease();
    assertEquals(ReplayGuard.State.IN_FLIGHT, guard.reserve("a").state());
    guard.commit("a", a + 1);
    assertEquals(ReplayGuard.State.IN_FLIGHT, guard.reserve("a").state());
    guard.release("a", a);
    a = guard.reserve("a").lease();
    guard.commit("a", a);
    assertEquals(ReplayGuard.State.DONE, guard.reserve("a").state());
    long b = guard.reserve("b").lease();
    assertTrue(guard.reserve("c").lease() > b);
    assertEquals(2, guard.size());
    assertEquals(ReplayGuard.State.IN_FLIGHT, guard.reserve("a").state(), "no room");
    clock.set(100);
    assertEquals(ReplayGuard.State.RESERVED, guard.reserve("a").state());
    guard.commit("b", b);
    assertEquals(ReplayGuard.State.RESERVED, guard.reserve("b").state(), "the lease ran out");
  }

  @Test
  void wrongSettingsAreRefused() {
    assertThrows(ConfigException.class, () -> Webhook.builder().build());
    assertThrows(ConfigException.class, () -> Webhook.builder().secret("short").build());
    for (SignatureScheme good :
        List.of(
            SignatureScheme.standard(),
            SignatureScheme.timestampedHex("x-signature"),
            SignatureScheme.hex("x-signature"),
            SignatureScheme.base64("x-signature"))) {
      Webhook webhook = Webhook.builder().secret(SECRET).scheme(good).build();
      Map<String, String> headers = webhook.sign("msg_1", Instant.now(), BODY);
      assertEquals("t1", id(webhook.verify(headers, BODY)), good.toString());
    }
    assertThrows(
        ConfigException.class,
        () -> Webhook.builder().secret(SECRET).scheme(SignatureScheme.fromJson("{}")).build());
  }
}
