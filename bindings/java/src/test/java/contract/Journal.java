package contract;

import static contract.Matching.at;
import static contract.Matching.keys;
import static contract.Matching.paths;
import static contract.Matching.value;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must be in the world's journal at the end of a scenario. */
final class Journal {
  private Journal() {}

  /** Compares what arrived at the server. The secret may only be in requests for a token. */
  static void check(String control, JsonNode expected, List<String> secrets) {
    keys("wire", expected, "total", "token_requests", "requests", "counts", "gaps", "connections");
    JsonNode all = Server.ask("GET", control + "/journal", null).get("entries");
    List<JsonNode> calls = new ArrayList<>();
    Set<String> connections = new HashSet<>();
    all.forEach(
        entry -> {
          connections.add(at(entry, "connection").toString());
          if (!entry.path("path").asText().equals("/oauth/token")) {
            calls.add(entry);
            Matching.check(
                secrets.stream().noneMatch(s -> !s.isEmpty() && entry.toString().contains(s)),
                "wire: a request carries the secret");
          }
        });
    Map<String, Integer> counts =
        Map.of(
            "total",
            calls.size(),
            "token_requests",
            all.size() - calls.size(),
            "connections",
            connections.size());
    counts.forEach(
        (name, n) -> {
          if (expected.has(name)) {
            value("wire." + name, expected.get(name), Project.json(n));
          }
        });
    JsonNode requests = expected.path("requests");
    Matching.check(
        !expected.has("requests") || requests.size() == calls.size(),
        "wire: expected " + requests.size() + " requests, " + calls.size() + " arrived");
    for (int i = 0; i < requests.size(); i++) {
      paths("wire.requests." + i, requests.get(i), calls.get(i));
    }
    for (JsonNode group : expected.path("counts")) {
      keys("wire.counts", group, "where", "count");
      value(
          "wire.counts " + group.get("where"),
          group.get("count"),
          Project.json(fitting(all, group.get("where"))));
    }
    for (int i = 0; i < expected.path("gaps").size(); i++) {
      Matching.check(i + 1 < calls.size(), "wire.gaps." + i + ": there is none");
      double gap = Duration.between(time(calls.get(i)), time(calls.get(i + 1))).toNanos() / 1e9;
      value("wire.gaps." + i, expected.get("gaps").get(i), Project.json(gap));
    }
  }

  private static int fitting(JsonNode entries, JsonNode where) {
    int n = 0;
    for (JsonNode entry : entries) {
      try {
        paths("", where, entry);
        n++;
      } catch (AssertionError e) {
        // It does not fit.
      }
    }
    return n;
  }

  private static Instant time(JsonNode entry) {
    return java.time.OffsetDateTime.parse(at(entry, "at").asText()).toInstant();
  }
}
