// The Java snippets of the documentation. Each anchor is shown as it stands; the tests run all of them:
// `Snippets CA_FILE NAME_OF_AN_EXCEPTION...`

import com.zhifuyun.Consistency;
import com.zhifuyun.Conversation;
import com.zhifuyun.Listing;
import com.zhifuyun.NotFoundException;
import com.zhifuyun.OnLimit;
import com.zhifuyun.Page;
import com.zhifuyun.Plan;
import com.zhifuyun.Quota;
import com.zhifuyun.RateLimitException;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.Ticket;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.WalkReport;
import com.zhifuyun.Webhook;
import com.zhifuyun.WebhookEvent;
import com.zhifuyun.WebhookVerificationException;
import com.zhifuyun.ZhifuyunClient;
import com.zhifuyun.ZhifuyunException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Snippets {
  private static final String ID = System.getenv("ZHIFUYUN_CLIENT_ID");
  private static final String SECRET = System.getenv("ZHIFUYUN_CLIENT_SECRET");
  private static final String ADDRESS = System.getenv("ZHIFUYUN_BASE_URL");

  private static void check(boolean holds) {
    if (!holds) throw new AssertionError();
  }

  static void client() {
    // ANCHOR: client
    ZhifuyunClient client = ZhifuyunClient.builder()
        .clientId(ID)
        .clientSecret(SECRET)
        .baseUrl(ADDRESS) // Default: https://api.zhifuyun.com
        .timeout(Duration.ofSeconds(20)) // For a whole call.
        .build(); // Checks the options. Nothing is sent.

    client.authenticate(); // Optional: verifies the key at start-up.
    // ANCHOR_END: client
    client.close();
  }

  static void pages(ZhifuyunClient client) {
    // ANCHOR: page
    Page<Conversation> page = client.conversations().list(q -> q.status("closed").page(1).limit(50));
    System.out.println(page.getTotal() + " in all, more: " + page.hasNext());
    for (Conversation conversation : page.getItems()) {
      System.out.println(conversation.getId() + " " + conversation.getChannel());
    }
    // ANCHOR_END: page
    check(page.getItems().size() == 50);
  }

  static void iterate(ZhifuyunClient client) {
    // ANCHOR: iterate
    Instant since = Instant.now().minus(Duration.ofDays(7));
    for (Conversation conversation : client.conversations().iterate(q -> q.startTime(since))) {
      System.out.println(conversation.getId());
    }

    WalkOptions ahead = WalkOptions.DEFAULT.prefetch(2);
    for (Page<Ticket> page : client.tickets().iterate(q -> q.priority("high"), ahead).pages()) {
      System.out.println(page.getItems().size() + " tickets in one piece");
    }
    // ANCHOR_END: iterate
  }

  static void strict(ZhifuyunClient client) {
    // ANCHOR: strict
    WalkOptions strict = WalkOptions.DEFAULT.consistency(Consistency.STRICT);
    Listing<Ticket> tickets = client.tickets().iterate(q -> {}, strict);
    for (Ticket ticket : tickets) {
      System.out.println(ticket.getId());
    }
    WalkReport report = tickets.report();
    System.out.println(report.getItems() + " items, complete: " + report.isComplete());
    // ANCHOR_END: strict
    check(report.isComplete() && report.getItems() >= 150);
  }

  static void quota() {
    // ANCHOR: quota
    ZhifuyunClient client = ZhifuyunClient.builder()
        .fromEnv()
        .plan(Plan.FREE) // 100 a minute
        .onLimit(OnLimit.RAISE) // Default: wait for a free slot
        .build();
    try {
      System.out.println(client.tickets().list().getItems().size() + " tickets");
    } catch (RateLimitException e) {
      System.out.println("again in " + e.getRetryAfter());
    }
    Quota quota = client.quota();
    System.out.println(quota.getUsed() + " of " + quota.getLimit() + " used");
    // ANCHOR_END: quota
    check(quota.getUsed() == 1 && quota.getLimit() == 100);
    client.close();
  }

  static void errors(ZhifuyunClient client) {
    // ANCHOR: errors
    RequestOptions quick = RequestOptions.timeout(Duration.ofSeconds(5));
    try {
      client.tickets().update("no-such-ticket", t -> t.status("resolved"), quick);
    } catch (NotFoundException e) {
      System.out.println("no such ticket");
    } catch (ZhifuyunException e) {
      if (!e.isMaybeApplied()) throw e; // Has kind, reason, request id, timing and more.
      System.out.println("look before you repeat it: " + e.getMessage());
    }
    // ANCHOR_END: errors
  }

  static void sign() {
    String old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    String current = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    // ANCHOR: sign
    // Two secrets while one is being rotated.
    Webhook webhook = Webhook.builder().secret(current).secret(old).build();

    byte[] body = "{\"event\":\"ticket.created\",\"data\":{\"ticket_id\":\"t1\"}}".getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers = webhook.sign("msg_1", Instant.now(), body); // What the sender does.

    WebhookEvent event = webhook.verify(headers, body); // What the receiver does.
    System.out.println(event.getType()); // ticket.created

    try {
      webhook.verify(headers, "{}".getBytes(StandardCharsets.UTF_8));
    } catch (WebhookVerificationException e) {
      System.out.println(e.getWebhookReason()); // signature_mismatch
    }
    // ANCHOR_END: sign
    check(event.getType().equals("ticket.created"));
  }

  static void mock(String program) throws IOException {
    // ANCHOR: mock
    ProcessBuilder builder = new ProcessBuilder(program, "--port", "0", "--exit-with-stdin", "--tickets", "150");
    Process server = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    BufferedReader out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
    // One line of JSON, all of it text; with Jackson: mapper.readTree(out.readLine()).
    Map<String, String> ready = new HashMap<>();
    Matcher fields = Pattern.compile("\"(\\w+)\": *\"([^\"]*)\"").matcher(out.readLine());
    while (fields.find()) ready.put(fields.group(1), fields.group(2));

    try (ZhifuyunClient client = ZhifuyunClient.builder()
        .clientId(ready.get("client_id"))
        .clientSecret(ready.get("client_secret"))
        .baseUrl(ready.get("url"))
        .build()) {
      System.out.println(client.tickets().list().getTotal() + " tickets"); // 150
    }
    server.getOutputStream().close(); // Ends it.
    // ANCHOR_END: mock
  }

  static void after() {
    // ANCHOR: after
    List<Conversation> all = new ArrayList<>();
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      client.conversations().iterate().forEach(all::add);
    }
    // ANCHOR_END: after
    check(all.size() >= 300);
  }

  static void network(Path caFile) {
    // ANCHOR: network
    ZhifuyunClient client = ZhifuyunClient.builder()
        .clientId("id")
        .clientSecret("secret")
        .proxy("http://user:password@proxy.example:3128")
        .caBundle(caFile) // A PEM file, trusted besides the system's certificates.
        .connectTimeout(Duration.ofSeconds(3))
        .build();
    // ANCHOR_END: network
    check(!client.toString().contains("password"));
    client.close();
  }

  public static void main(String[] arguments) throws Exception {
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      client();
      pages(client);
      iterate(client);
      strict(client);
      quota();
      errors(client);
      sign();
      mock(System.getenv("ZHIFUYUN_MOCK_SERVER"));
      after();
      network(Paths.get(arguments[0]));
    }
    // The table of errors names classes that exist.
    for (int i = 1; i < arguments.length; i++) {
      check(ZhifuyunException.class.isAssignableFrom(Class.forName("com.zhifuyun." + arguments[i])));
    }
    System.out.println("all snippets ran");
  }
}
