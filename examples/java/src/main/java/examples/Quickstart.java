package examples;

import com.zhifuyun.Conversation;
import com.zhifuyun.Page;
import com.zhifuyun.Priority;
import com.zhifuyun.RateLimitException;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.Ticket;
import com.zhifuyun.TicketStatus;
import com.zhifuyun.ZhifuyunClient;
import com.zhifuyun.ZhifuyunException;
import java.time.Duration;

/** The first five minutes. Needs ZHIFUYUN_CLIENT_ID and ZHIFUYUN_CLIENT_SECRET. */
public final class Quickstart {
  public static void main(String[] args) {
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      Page<Conversation> page = client.conversations().list(q -> q.status("active").limit(5));
      System.out.println(page.getTotal() + " active conversations");
      for (Conversation conversation : page.getItems()) {
        System.out.println("  " + conversation.getId() + " since " + conversation.getCreatedAt());
      }

      Ticket ticket =
          client
              .tickets()
              .create(
                  t ->
                      t.title("Printer on fire")
                          .description("Again.")
                          .priority(Priority.URGENT)
                          .customerEmail("customer@example.com"));
      Ticket done =
          client
              .tickets()
              .update(
                  ticket.getId(),
                  t -> t.status(TicketStatus.RESOLVED).comment("Put out."),
                  RequestOptions.timeout(Duration.ofSeconds(5)));
      System.out.println(done.getId() + " is " + done.getStatus());

      // Futures: the same client, the same quota; cancelling one aborts its request.
      client
          .async()
          .conversations()
          .list(q -> q.limit(1))
          .thenAccept(first -> System.out.println(first.getTotal() + " conversations in all"))
          .join();
    } catch (RateLimitException e) {
      System.err.println("come back in " + e.getRetryAfter());
    } catch (ZhifuyunException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
