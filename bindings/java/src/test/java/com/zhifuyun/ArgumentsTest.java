package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What nobody should pass is refused by name, and nothing is sent. */
class ArgumentsTest {
  private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
  private static final Consumer<ListTickets.Builder> NOTHING = null;

  private static void refused(String argument, Executable call) {
    InvalidArgumentException e = assertThrows(InvalidArgumentException.class, call);
    assertEquals(argument, e.getArgument());
    assertTrue(e.getMessage().contains(argument), e.getMessage());
  }

  private static void refusedLater(String argument, CompletableFuture<?> future) {
    refused(
        argument,
        () -> {
          throw assertThrows(CompletionException.class, future::join).getCause();
        });
  }

  @Test
  void nullIsRefusedByName() {
    Mock mock = new Mock("{}");
    try (ZhifuyunClient client = mock.builder().build()) {
      refused("id", () -> client.conversations().get(null));
      refused("id", () -> client.tickets().update(null, t -> t.comment("c")));
      refused("request", () -> client.tickets().update("t1", (UpdateTicket) null));
      refused("request", () -> client.tickets().create((CreateTicket) null));
      refused("request", () -> client.tickets().list(NOTHING));
      refused("options", () -> client.tickets().list(q -> {}, null));
      refused("walk", () -> client.tickets().iterate(q -> {}, null).iterator());
      refused("timeout", () -> RequestOptions.timeout(null));
      refused("consistency", () -> WalkOptions.DEFAULT.consistency(null));
      refused("value", () -> Priority.of(null));

      ZhifuyunAsyncClient async = client.async();
      refusedLater("id", async.conversations().get(null));
      refusedLater("id", async.tickets().update(null, t -> t.comment("c")));
      refusedLater("request", async.tickets().update("t1", (UpdateTicket) null));
      refusedLater("request", async.tickets().create((CreateTicket) null));
      refusedLater("request", async.tickets().list(NOTHING));
      refusedLater("options", async.statistics().get(q -> {}, null));
      refusedLater("walk", async.tickets().iterate(q -> {}, null).nextPage());
      refusedLater("walk", async.tickets().iterate(q -> {}, null).toList());
      CompletableFuture<?> failed =
          async
              .conversations()
              .list(
                  q -> {
                    throw new IllegalStateException("while it is filled");
                  });
      assertInstanceOf(
          IllegalStateException.class,
          assertThrows(CompletionException.class, failed::join).getCause());
      assertEquals(0, mock.requests());
    }
  }

  @Test
  void nullOptionsOfAClientMeanTheDefault() {
    Mock mock = new Mock("{}");
    String nothing = null;
    try (ZhifuyunClient client =
        mock.builder()
            .plan(null)
            .onLimit(null)
            .timeZone(null)
            .caBundle(nothing)
            .caBundle((java.nio.file.Path) null)
            .timeout(null)
            .proxy(null)
            .userAgent(null)
            .listener(null)
            .executor(null)
            .build()) {
      assertEquals(0, client.conversations().list().getItems().size());
    }
    assertThrows(ConfigException.class, () -> mock.builder().clientSecret(null).build());
  }

  @Test
  void webhooks() {
    Webhook webhook = Webhook.builder().secret(SECRET).build();
    refused("headers", () -> webhook.verify(null, new byte[0]));
    refused("body", () -> webhook.verify(Map.of(), null));
    refused("now", () -> webhook.verifyAt(Map.of(), new byte[0], null));
    refused("timestamp", () -> webhook.sign("m", null, new byte[0]));
    refused("guard", () -> webhook.handle(Map.of(), new byte[0], null, e -> {}));
    refused("scheme", () -> Webhook.builder().scheme(null));
    refused("json", () -> SignatureScheme.fromJson(null));
    refused("webhook", () -> WebhookHandler.builder(null));
    ConfigException e =
        assertThrows(
            ConfigException.class, () -> Webhook.builder().secret(SECRET).secret(null).build());
    assertTrue(e.getMessage().contains("webhook secret 2 is null"), e.getMessage());
  }

  private static Map<String, String> secret(String value) {
    return Collections.singletonMap("ZHIFUYUN_WEBHOOK_SECRET", value);
  }

  @Test
  void theSecretsOfTheEnvironment() {
    for (String several : new String[] {SECRET, " " + SECRET + ",\n" + SECRET + " ,", SECRET}) {
      String said = Webhook.builder().fromEnv(secret(several)).build().toString();
      int count = several.split("whsec").length - 1;
      assertTrue(said.startsWith("Webhook{secrets=" + count), said);
    }
    for (String none : new String[] {null, "", " , "}) {
      ConfigException e =
          assertThrows(ConfigException.class, () -> Webhook.builder().fromEnv(secret(none)));
      assertTrue(e.getMessage().contains("ZHIFUYUN_WEBHOOK_SECRET"), e.getMessage());
    }
  }
}
