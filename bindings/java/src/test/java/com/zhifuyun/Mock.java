package com.zhifuyun;

import com.fasterxml.jackson.databind.JsonNode;
import contract.Server;
import java.util.concurrent.Callable;

/** A world of the mock server with a client of its own. */
final class Mock {
  /** Every answer takes so long that nobody waits for its end. */
  static final String SLOW =
      "{\"faults\":[{\"match\":{\"path\":\"/v1/conversations\"},\"action\":{\"delay_ms\":8000}},"
          + "{\"match\":{\"path\":\"/v1/tickets\"},\"action\":{\"delay_ms\":8000}}]}";

  final JsonNode world;

  Mock(String spec) {
    // Without a limit of the server's own, which the races here would soon meet.
    String limits = "{\"limits\":{\"plan\":1000000000}";
    world = Server.world(limits + (spec.equals("{}") ? "}" : "," + spec.substring(1)));
  }

  String text(String name) {
    return world.get(name).asText();
  }

  private <B extends ClientBuilder<B>> B fill(B builder) {
    return builder
        .baseUrl(text("url"))
        .clientId(text("client_id"))
        .clientSecret(text("client_secret"))
        .plan(Plan.OFF);
  }

  ZhifuyunClient.Builder builder() {
    return fill(ZhifuyunClient.builder());
  }

  ZhifuyunAsyncClient.Builder asyncBuilder() {
    return fill(ZhifuyunAsyncClient.builder());
  }

  /** How many requests to the API have arrived. */
  int requests() {
    return requests("/v1/");
  }

  int requests(String path) {
    int n = 0;
    for (JsonNode entry :
        Server.ask("GET", text("control_url") + "/journal", null).get("entries")) {
      n += entry.get("path").asText().startsWith(path) ? 1 : 0;
    }
    return n;
  }

  /** Waits until something holds. */
  static void until(Callable<Boolean> holds) throws Exception {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!holds.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("it does not come to hold");
      }
      Thread.sleep(5);
    }
  }
}
