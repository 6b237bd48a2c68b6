package examples;

import com.zhifuyun.Consistency;
import com.zhifuyun.Listing;
import com.zhifuyun.Ticket;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.ZhifuyunClient;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes all tickets to a CSV file: {@code ExportTickets tickets.csv}. */
public final class ExportTickets {
  private static final String COLUMNS =
      "id,title,status,priority,assignee_id,customer_email,created_at,updated_at";

  public static void main(String[] args) throws IOException {
    Path file = Path.of(args.length > 0 ? args[0] : "tickets.csv");
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv();
        Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      // STRICT: a ticket that is there all the time is not lost, even while others come and go.
      WalkOptions walk = WalkOptions.DEFAULT.consistency(Consistency.STRICT);
      Listing<Ticket> tickets = client.tickets().iterate(q -> {}, walk);
      // The mark tells spreadsheets the encoding.
      out.write("\ufeff" + COLUMNS + "\r\n");
      for (Ticket t : tickets) {
        String row =
            Stream.of(
                    t.getId(),
                    t.getTitle(),
                    t.getStatus(),
                    t.getPriority(),
                    t.getAssigneeId(),
                    t.getCustomerEmail(),
                    t.getCreatedAt(),
                    t.getUpdatedAt())
                .map(ExportTickets::cell)
                .collect(Collectors.joining(","));
        out.write(row + "\r\n");
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
