// What `make demo` runs: the main job against a mock server that is made to fail. Lines that begin with `@` are for
// `.ci/demo.py`, which answers each with a line.

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import com.zhifuyun.*;
import java.io.*;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap.SimpleEntry;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

public class Demo {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private static final BufferedReader IN = new BufferedReader(new InputStreamReader(System.in));

  private static void ask(String line) throws IOException {
    OUT.println(line);
    IN.readLine();
  }

  public static void main(String[] arguments) throws Exception {
    BlockingQueue<Map.Entry<Headers, byte[]>> received = new ArrayBlockingQueue<>(1);
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      byte[] body = exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
      received.add(new SimpleEntry<>(exchange.getRequestHeaders(), body));
    });
    server.start();
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      client.authenticate();
      OUT.println("token obtained");

      Conversation conversation = client.conversations()
          .create(c -> c.userId("user_123").channel("web").initialMessage("你好，今天有人值班吗"));
      OUT.println("conversation " + conversation.getId() + " created");
      ask("@webhook http://127.0.0.1:" + server.getAddress().getPort() + "/");

      Listing<Conversation> conversations = client.conversations().iterate();
      int items = 0;
      boolean found = false;
      for (Conversation item : conversations) {
        items++;
        found |= item.getId().equals(conversation.getId());
        if (items % 2_500 == 0) OUT.println(items + " conversations");
        if (items == 5_000) ask("@expire");
      }
      OUT.println(items + " conversations in " + conversations.report().getRequests()
          + " requests, the new one among them: " + found);

      Ticket created = client.tickets()
          .create(t -> t.title("产品咨询").description("想知道团队版怎么收费").priority("medium"));
      Ticket ticket = client.tickets().update(created.getId(), t -> t.status("resolved").comment("已电话答复"));
      OUT.println("ticket " + ticket.getId() + " is " + ticket.getStatus());

      for (Trend month : client.statistics().get(s -> s.type("ticket").groupBy("month")).getTrends()) {
        OUT.println(month.getDate() + ": " + month.getTickets() + " tickets");
      }

      Map.Entry<Headers, byte[]> delivery = received.poll(10, TimeUnit.SECONDS);
      Webhook webhook = Webhook.builder().secret(System.getenv("ZHIFUYUN_WEBHOOK_SECRET")).build();
      WebhookEvent event = webhook.verify(delivery.getKey(), delivery.getValue());
      boolean verified = event instanceof WebhookEvent.TicketResolved
          && ticket.getId().equals(((WebhookEvent.TicketResolved) event).getData().getTicketId());
      OUT.println("webhook " + event.getType() + " verified: " + verified);
      OUT.println("@done {\"items\":" + items + ",\"verified\":" + (verified && found) + "}");
    } finally {
      server.stop(0);
    }
  }
}
