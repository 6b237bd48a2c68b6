package contract;

import static contract.Matching.check;
import static contract.Matching.keys;
import static contract.Matching.paths;
import static contract.Matching.value;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zhifuyun.MemoryReplayGuard;
import com.zhifuyun.ReplayGuard;
import com.zhifuyun.ZhifuyunException;
import contract.Host.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One scenario: its world, its steps, and what must be in the journal afterwards. */
final class Scenario {
  private static final JsonNode NOTHING = Server.JSON.createObjectNode();

  private final Function<JsonNode, Host> hosts;
  private final JsonNode world;
  private final String control;
  private final List<String> secrets = new ArrayList<>();
  private final ReplayGuard guard = new MemoryReplayGuard();
  private Host host;

  private Scenario(Function<JsonNode, Host> hosts, JsonNode world) {
    this.hosts = hosts;
    this.world = world;
    this.control = world.get("control_url").asText();
  }

  static void run(Function<JsonNode, Host> hosts, String text) throws JsonProcessingException {
    JsonNode spec = Server.JSON.readTree(text);
    JsonNode world = Server.world(spec.has("server") ? spec.get("server").toString() : "{}");
    Scenario scenario = new Scenario(hosts, world);
    try {
      scenario.steps(Server.JSON.readTree(scenario.fill(text, spec)));
    } finally {
      if (scenario.host != null) {
        scenario.host.close();
      }
      String worlds = Server.start().get("url").asText() + "/_mock/worlds/";
      Server.ask("DELETE", worlds + world.get("id").asText(), null);
    }
  }

  private String fill(String text, JsonNode spec) {
    for (String name : "url control_url client_id client_secret webhook_secret".split(" ")) {
      text = text.replace("{{" + name + "}}", world.path(name).asText());
    }
    text =
        text.replace(
            "{{host}}", world.path("url").asText().replaceFirst("^https?://([^/]*).*", "$1"));
    if (spec.has("gate")) {
      JsonNode gate = Server.ask("POST", control + "/gates", spec.get("gate").toString());
      String url = gate.path("url").asText();
      text = text.replace("{{gate}}", url).replace("{{gate_id}}", gate.path("id").asText());
      text = text.replace("{{gate_ca}}", gate.path("ca_file").asText());
      text = text.replace("{{gate_host}}", url.replaceFirst("^https?://([^/]*).*", "$1"));
    }
    return text;
  }

  private JsonNode options(JsonNode scenario, JsonNode own) {
    ObjectNode all = Server.JSON.createObjectNode();
    all.put("base_url", world.get("url").asText());
    all.put("client_id", world.get("client_id").asText());
    all.put("client_secret", world.get("client_secret").asText());
    String clock = scenario.path("clock").asText("real");
    check(clock.equals("real") || clock.equals("test"), "unknown clock " + clock);
    if (clock.equals("test")) {
      all.put("test_clock", control + "/clock/advance");
    }
    own.properties().forEach(e -> all.set(e.getKey(), e.getValue()));
    secrets.add(all.path("client_secret").asText(""));
    return all;
  }

  private void steps(JsonNode scenario) {
    String known = "name why rows server gate client clock steps wire";
    keys("scenario", scenario, known.split(" "));
    host = hosts.apply(options(scenario, part(scenario, "client")));
    int number = 0;
    for (JsonNode step : scenario.get("steps")) {
      String what = "step " + ++number;
      Instant began = Instant.now();
      List<Outcome> outcomes =
          step.has("new_client") ? List.of(another(scenario, what, step)) : step(what, step);
      double took = Duration.between(began, Instant.now()).toNanos() / 1e9;
      outcomes.forEach(outcome -> expect(what, part(step, "expect"), outcome, took));
    }
    Journal.check(control, part(scenario, "wire"), secrets);
  }

  private Outcome another(JsonNode scenario, String what, JsonNode step) {
    keys(what, step, "new_client", "expect");
    try {
      Host made = hosts.apply(options(scenario, step.get("new_client")));
      host.close();
      host = made;
      return Outcome.done(Map.of());
    } catch (ZhifuyunException e) {
      return Outcome.failed(e);
    }
  }

  private List<Outcome> step(String what, JsonNode step) {
    if (step.has("call")) {
      keys(what, step, "call", "args", "options", "times", "parallel", "expect");
      int times = step.path("times").asInt(1);
      return host.call(
          step.get("call").asText(),
          part(step, "args"),
          Host.overrides(part(step, "options")),
          times,
          step.path("parallel").asInt(1));
    } else if (step.has("iterate")) {
      keys(what, step, "iterate", "args", "options", "walk", "stop_after", "during", "expect");
      return List.of(
          host.iterate(
              new Host.Walking(
                  step.get("iterate").asText(),
                  part(step, "args"),
                  Host.overrides(part(step, "options")),
                  Host.walk(part(step, "walk")),
                  step.path("stop_after").asLong(Long.MAX_VALUE),
                  n -> during(step, n))));
    } else if (step.has("control")) {
      keys(what, step, "control", "expect");
      return List.of(Outcome.done(tell(step.get("control"))));
    } else if (step.has("sleep_ms")) {
      keys(what, step, "sleep_ms");
      sleep(step.get("sleep_ms").asLong());
      return List.of();
    }
    String kind = step.has("verify") ? "verify" : "sign";
    check(step.has(kind), what + ": unknown step " + step);
    keys(what, step, kind, "expect");
    return List.of(Webhooks.run(kind, step.get(kind), control, guard));
  }

  private void during(JsonNode step, long count) {
    for (JsonNode event : step.path("during")) {
      keys("during", event, "after_items", "control");
      if (event.get("after_items").asLong() == count) {
        tell(event.get("control"));
      }
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode tell(JsonNode request) {
    keys("control", request, "method", "path", "body");
    String body = request.has("body") ? request.get("body").toString() : null;
    return Server.ask(request.get("method").asText(), control + request.get("path").asText(), body);
  }

  private static JsonNode part(JsonNode value, String key) {
    return value.has(key) ? value.get(key) : NOTHING;
  }

  /** Compares an outcome with what the step expects. No error may show a secret or a token. */
  private void expect(String what, JsonNode expect, Outcome outcome, double took) {
    keys(what + ": expect", expect, "result", "error", "elapsed");
    if (outcome.error() != null) {
      String text = outcome.error().toString();
      check(
          secrets.stream().noneMatch(s -> !s.isEmpty() && text.contains(s))
              && !text.contains("eyJ"),
          what + ": the error shows a secret");
      check(expect.has("error"), what + ": failed: " + outcome.error());
      paths(what + ": error", expect.get("error"), outcome.error());
    } else {
      check(!expect.has("error"), what + ": expected an error, but it succeeded");
    }
    if (expect.has("result")) {
      check(outcome.result() != null, what + ": there is no result");
      paths(what + ": result", expect.get("result"), outcome.result());
    }
    if (expect.has("elapsed")) {
      value(what + ": elapsed", expect.get("elapsed"), Project.json(took));
    }
  }
}
