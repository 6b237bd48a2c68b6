package examples;

import com.zhifuyun.Consistency;
import com.zhifuyun.Listing;
import com.zhifuyun.Ticket;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.ZhifuyunClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes all tickets to a CSV file: {@code ExportTickets tickets.csv}. */
public final class ExportTickets {
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args.length > 0 ? args[0] : "tickets.csv");
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv();
        PrintWriter out = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
      // STRICT: a ticket that is there all the time is not lost, even while others come and go.
      WalkOptions walk = WalkOptions.DEFAULT.consistency(Consistency.STRICT);
      Listing<Ticket> tickets = client.tickets().iterate(q -> {}, walk);
      out.println("id,status,priority,created_at,title");
      for (Ticket t : tickets) {
        out.println(
            String.join(
                ",",
                cell(t.getId()),
                cell(t.getStatus()),
                cell(t.getPriority()),
                cell(t.getCreatedAt()),
                cell(t.getTitle())));
      }
      System.out.println(tickets.report().getItems() + " tickets in " + file);
      if (!tickets.report().isComplete()) {
        System.out.println("the list kept changing; run it again");
      }
    }
  }

  /** RFC 4180; and what a spreadsheet would take for a formula stays text. */
  private static String cell(Object value) {
    String text = value == null ? "" : value.toString();
    if (text.matches("(?s)[=+\\-@\t\r].*")) {
      text = "'" + text;
    }
    return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
