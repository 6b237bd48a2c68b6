package examples;

import com.zhifuyun.GroupBy;
import com.zhifuyun.Statistics;
import com.zhifuyun.StatisticsType;
import com.zhifuyun.Trend;
import com.zhifuyun.ZhifuyunClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;

/** A chart of conversations per week: {@code StatisticsReport 2025-01-01 2025-12-31 chart.svg}. */
public final class StatisticsReport {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 240;

  public static void main(String[] args) throws IOException {
    LocalDate end = args.length > 1 ? LocalDate.parse(args[1]) : LocalDate.now();
    LocalDate start = args.length > 0 ? LocalDate.parse(args[0]) : end.minusMonths(6);
    Path file = Path.of(args.length > 2 ? args[2] : "chart.svg");
    try (ZhifuyunClient client = ZhifuyunClient.fromEnv()) {
      Statistics statistics =
          client
              .statistics()
              .get(
                  q ->
                      q.type(StatisticsType.CONVERSATION)
                          .startDate(start)
                          .endDate(end)
                          .groupBy(GroupBy.WEEK));
      System.out.printf("%s to %s%n", start, end);
      System.out.println("conversations  " + statistics.getTotalConversations());
      System.out.println("tickets        " + statistics.getTotalTickets());
      System.out.println("satisfaction   " + statistics.getSatisfactionRate());
      Files.writeString(file, chart(statistics.getTrends()));
      System.out.println("chart          " + file);
    }
  }

  private static String chart(List<Trend> trends) {
    long most = trends.stream().mapToLong(StatisticsReport::count).max().orElse(1);
    double step = (double) WIDTH / Math.max(1, trends.size());
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d'>%n", WIDTH, HEIGHT));
    for (int i = 0; i < trends.size(); i++) {
      double height = (double) HEIGHT * count(trends.get(i)) / Math.max(1, most);
      svg.append(
          String.format(
              java.util.Locale.ROOT,
              "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#36c'>"
                  + "<title>%s: %d</title></rect>%n",
              i * step,
              HEIGHT - height,
              step * 0.8,
              height,
              trends.get(i).getDate(),
              count(trends.get(i))));
    }
    return svg.append("</svg>\n").toString();
  }

  private static long count(Trend trend) {
    return trend.getConversations() == null ? 0 : trend.getConversations();
  }
}
