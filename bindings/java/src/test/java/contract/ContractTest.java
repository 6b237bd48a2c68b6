package contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract suite through both clients. */
class ContractTest {
  private static final int AT_ONCE = 8;
  private static final double LONGEST_SECONDS = 40;

  @Test
  void sync() throws Exception {
    run("java", SyncHost::new);
  }

  @Test
  void async() throws Exception {
    run("java-async", AsyncHost::new);
  }

  private static void run(String runner, Function<JsonNode, Host> hosts) throws Exception {
    String given = System.getenv("CONTRACT_DIR");
    Path root =
        (given == null ? Server.root().resolve("tests") : Path.of(given)).resolve("scenarios");
    Map<String, String> scenarios = scenarios(root);
    assertTrue(!scenarios.isEmpty(), "no scenario in " + root);
    Server.start();
    Map<String, String> results = new ConcurrentSkipListMap<>();
    long began = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    scenarios.forEach(
        (name, text) -> threads.execute(() -> results.put(name, why(hosts, name, text))));
    threads.shutdown();
    threads.awaitTermination(20, TimeUnit.MINUTES);
    scenarios.keySet().forEach(name -> results.putIfAbsent(name, "has not ended"));
    report(runner, results, (System.nanoTime() - began) / 100_000_000 / 10.0);
  }

  /** Why a scenario failed; empty if it did not. */
  private static String why(Function<JsonNode, Host> hosts, String name, String text) {
    long began = System.nanoTime();
    try {
      String stated = Server.JSON.readTree(text).path("name").asText();
      Matching.check(name.equals(stated), "the name is not that of the file");
      Scenario.run(hosts, text);
    } catch (Throwable e) {
      return e instanceof AssertionError ? String.valueOf(e.getMessage()) : e.toString();
    }
    double took = (System.nanoTime() - began) / 1e9;
    return took > LONGEST_SECONDS ? "took " + took + " s" : "";
  }

  private static Map<String, String> scenarios(Path root) throws IOException {
    String only = System.getenv().getOrDefault("CONTRACT_ONLY", "");
    List<String> wanted =
        Arrays.stream(only.split(",")).map(String::trim).filter(w -> !w.isEmpty()).toList();
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        String name =
            root.relativize(file).toString().replace('\\', '/').replaceFirst("\\.json$", "");
        if (wanted.isEmpty() || wanted.stream().anyMatch(name::startsWith)) {
          all.put(name, Files.readString(file));
        }
      }
    }
    return all;
  }

  private static void report(String runner, Map<String, String> results, double seconds)
      throws IOException {
    List<String> passed =
        results.keySet().stream().filter(name -> results.get(name).isEmpty()).toList();
    Map<String, String> failed = new TreeMap<>(results);
    failed.keySet().removeAll(passed);
    List<Map<String, String>> why =
        failed.entrySet().stream()
            .map(e -> Map.of("name", e.getKey(), "why", e.getValue()))
            .collect(Collectors.toList());
    String given = System.getenv("CONTRACT_REPORTS");
    Path directory = given == null ? Server.root().resolve("target/contract") : Path.of(given);
    Files.createDirectories(directory);
    Server.JSON
        .writerWithDefaultPrettyPrinter()
        .writeValue(
            directory.resolve(runner + ".json").toFile(),
            new TreeMap<>(
                Map.of("runner", runner, "passed", passed, "failed", why, "seconds", seconds)));
    String lines =
        failed.entrySet().stream()
            .map(e -> "\n  " + e.getKey() + ": " + e.getValue())
            .collect(Collectors.joining());
    assertTrue(failed.isEmpty(), failed.size() + " of " + results.size() + " failed:" + lines);
  }
}
