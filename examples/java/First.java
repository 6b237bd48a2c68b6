import com.zhifuyun.*;

public class First {
  public static void main(String[] arguments) {
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      client.conversations().iterate(q -> q.status("active")).forEach(System.out::println);
      Ticket ticket = client.tickets().create(t -> t.title("产品咨询").description("想知道团队版怎么收费").priority("high"));
      client.tickets().update(ticket.getId(), t -> t.status("resolved").comment("已电话答复"));
    }
  }
}
