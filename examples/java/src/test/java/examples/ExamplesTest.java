package examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zhifuyun.Webhook;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example runs as its users run it, against the mock server. */
class ExamplesTest {
  private static final String MOCK =
      System.getenv()
          .getOrDefault("ZHIFUYUN_MOCK_SERVER", "../../target/debug/zhifuyun-mock-server");
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static Process mock;
  private static JsonNode server;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            MOCK, "--port", "0", "--exit-with-stdin", "--conversations", "300", "--tickets", "130");
    mock = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    server = new ObjectMapper().readTree(lines(mock).readLine());
  }

  @AfterAll
  static void stop() {
    mock.destroy();
  }

  private static BufferedReader lines(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static Process launch(Class<?> example, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), example.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ZHIFUYUN_CLIENT_ID", server.get("client_id").asText());
    builder.environment().put("ZHIFUYUN_CLIENT_SECRET", server.get("client_secret").asText());
    builder.environment().put("ZHIFUYUN_BASE_URL", server.get("url").asText());
    builder.environment().put("ZHIFUYUN_WEBHOOK_SECRET", server.get("webhook_secret").asText());
    return builder.start();
  }

  private static String run(Class<?> example, String... args) throws Exception {
    Process process = launch(example, args);
    String output = String.join("\n", lines(process).lines().toList());
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), output);
    assertEquals(0, process.exitValue(), output);
    return output;
  }

  @Test
  void quickstart() throws Exception {
    String output = run(Quickstart.class);
    assertTrue(output.contains("is resolved"), output);
    assertTrue(output.contains("300 conversations in all"), output);
  }

  @Test
  void exportTickets() throws Exception {
    Path file = directory.resolve("tickets.csv");
    String output = run(ExportTickets.class, file.toString());
    assertTrue(output.contains(" tickets in "), output);
    List<String> lines = Files.readAllLines(file);
    assertTrue(lines.size() > 130, output);
    assertEquals(
        "\ufeffid,title,status,priority,assignee_id,customer_email,created_at,updated_at",
        lines.get(0));
    assertEquals(lines.size(), lines.stream().distinct().count());
  }

  @Test
  void statisticsReport() throws Exception {
    Path file = directory.resolve("chart.svg");
    String output = run(StatisticsReport.class, "2025-01-01", "2026-12-31", file.toString());
    assertTrue(output.contains("conversations  300"), output);
    assertTrue(Files.readString(file).contains("<rect"));
  }

  @Test
  void webhookReceiver() throws Exception {
    Process receiver = launch(WebhookReceiver.class, "--server.port=0");
    try {
      BufferedReader output = lines(receiver);
      String line = output.readLine();
      while (line != null && !line.contains("Tomcat started on port ")) {
        line = output.readLine();
      }
      String url = "http://127.0.0.1:" + line.replaceFirst(".*started on port (\\d+).*", "$1");
      Webhook sender = Webhook.builder().secret(server.get("webhook_secret").asText()).build();
      for (String path : new String[] {"/zhifuyun", "/zhifuyun-filter"}) {
        byte[] body =
            "{\"event\":\"ticket.created\",\"data\":{\"ticket_id\":\"t1\"}}"
                .getBytes(StandardCharsets.UTF_8);
        Map<String, String> signed = sender.sign("msg" + path.length(), Instant.now(), body);
        assertEquals(200, post(url + path, signed, body));
        assertEquals(200, post(url + path, signed, body));
        assertEquals(401, post(url + path, signed, "{}".getBytes(StandardCharsets.UTF_8)));
        assertEquals(400, post(url + path, Map.of(), body));
      }
      String seen =
          HTTP.send(
                  HttpRequest.newBuilder(URI.create(url + "/seen")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      assertEquals("{\"seen\":[\"new ticket t1\",\"new ticket t1\"]}", seen);
    } finally {
      receiver.destroy();
    }
  }

  private static int post(String url, Map<String, String> headers, byte[] body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
  }
}
