import com.zhifuyun.Conversation;
import com.zhifuyun.Ticket;
import com.zhifuyun.ZhifuyunClient;

public class First {
  public static void main(String[] arguments) {
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      for (Conversation conversation : client.conversations().iterate(q -> q.status("active"))) {
        System.out.println(conversation.getId() + " " + conversation.getCreatedAt());
      }
      Ticket ticket = client.tickets().create(t -> t.title("产品咨询").description("想了解产品价格").priority("high"));
      client.tickets().update(ticket.getId(), t -> t.status("resolved").comment("问题已解决"));
      System.out.println("resolved " + ticket.getId());
    }
  }
}
