package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.time.Duration;

/** The mock server: one process for all tests of this JVM, which ends with it. */
public final class Server {
  public static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static JsonNode started;

  private Server() {}

  /** The root of the project. */
  public static Path root() {
    return Path.of(System.getProperty("project.root", "../..")).toAbsolutePath().normalize();
  }

  /** What the server said of itself when it was ready. */
  public static synchronized JsonNode start() {
    if (started == null) {
      try {
        started = launch();
      } catch (IOException e) {
        throw new AssertionError("the mock server does not start; make.sh build builds it", e);
      }
    }
    return started;
  }

  private static JsonNode launch() throws IOException {
    String given = System.getenv("ZHIFUYUN_MOCK_SERVER");
    Path binary =
        given == null ? root().resolve("target/debug/zhifuyun-mock-server") : Path.of(given);
    if (!Files.isExecutable(binary)) {
      throw new IOException(binary + " is not there");
    }
    Process process =
        new ProcessBuilder(binary.toString(), "--port", "0", "--exit-with-stdin")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    InputStreamReader out = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8);
    return JSON.readTree(new BufferedReader(out).readLine());
  }

  /** Makes a world of one's own. */
  public static JsonNode world(String spec) {
    return ask("POST", start().get("url").asText() + "/_mock/worlds", spec);
  }

  /** Asks the control plane; anything but a 2xx answer fails. */
  public static JsonNode ask(String method, String url, String body) {
    try {
      HttpRequest.BodyPublisher content =
          body == null
              ? HttpRequest.BodyPublishers.noBody()
              : HttpRequest.BodyPublishers.ofString(body);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url))
              .method(method, content)
              .header("content-type", "application/json")
              .timeout(Duration.ofSeconds(30))
              .build();
      HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 != 2) {
        throw new AssertionError(method + " " + url + ": " + answer.statusCode() + answer.body());
      }
      return answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(method + " " + url, e);
    }
  }
}
