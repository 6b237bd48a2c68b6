import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zhifuyun.Webhook;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/**
 * One contender of the bench: {@code Bench CONTENDER URL}. Reads jobs, a line of JSON each, and answers each with {"wall",
 * "cpu", "ops", "check"} in seconds. {@code Bench CONTENDER URL first} gets one page, prints a line and ends.
 */
public final class Bench {
  private static final List<LongSupplier> HELD = new ArrayList<>();

  /** Made in the warm-up, and kept. */
  private static final ExecutorService POOL = Executors.newFixedThreadPool(64);

  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    if (args.length == 3) {
      // A cold start: nothing is loaded that the contender does not need.
      in.readLine();
      long begin = System.nanoTime();
      long check = Contenders.of(args[0], args[1]).page();
      double wall = (System.nanoTime() - begin) / 1e9;
      System.out.println("{\"wall\":" + wall + ",\"cpu\":0,\"ops\":1,\"check\":" + check + "}");
      System.out.flush();
      in.readLine();
      System.exit(0);
    }
    boolean hooks = args[0].endsWith("webhook");
    Contenders.Contender contender = hooks ? null : Contenders.of(args[0], args[1]);
    ObjectMapper mapper = new ObjectMapper();
    var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode job = mapper.readTree(line);
      int count = job.get("count").asInt();
      boolean hold = job.get("workload").asText().equals("hold");
      long before = heap(hold);
      long wall = System.nanoTime();
      long cpu = process.getProcessCpuTime();
      long check = hooks ? webhooks(args[0], job, count) : run(contender, job, count);
      double walls = (System.nanoTime() - wall) / 1e9;
      double cpus = (process.getProcessCpuTime() - cpu) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "{\"wall\":%.9f,\"cpu\":%.9f,\"ops\":%d,\"check\":%d,\"grown_kib\":%d}%n",
          walls, cpus, count, check, heap(hold) - before);
      System.out.flush();
    }
    System.exit(0);
  }

  private static long run(Contenders.Contender contender, JsonNode job, int count)
      throws Exception {
    String workload = job.get("workload").asText();
    boolean page = workload.startsWith("page");
    if (workload.equals("hold")) {
      for (int i = 0; i < count; i++) {
        HELD.add(contender.hold());
      }
      return HELD.stream().mapToLong(LongSupplier::getAsLong).sum();
    }
    if (workload.endsWith("-64")) {
      return threads(contender, page, count);
    }
    if (workload.endsWith("-futures")) {
      return futures(contender, page, count);
    }
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum +=
          switch (workload) {
            case "walk" -> contender.walk(0);
            case "walk-prefetch" -> contender.walk(4);
            case "clients" -> contender.another();
            default -> page ? contender.page() : contender.small();
          };
    }
    return sum;
  }

  private static long threads(Contenders.Contender contender, boolean page, int count)
      throws Exception {
    List<Future<Long>> parts = new ArrayList<>();
    for (int n = 0; n < 64; n++) {
      int own = count / 64 + (n < count % 64 ? 1 : 0);
      parts.add(
          POOL.submit(
              () -> {
                long sum = 0;
                for (int i = 0; i < own; i++) {
                  sum += page ? contender.page() : contender.small();
                }
                return sum;
              }));
    }
    long sum = 0;
    for (Future<Long> part : parts) {
      sum += part.get();
    }
    return sum;
  }

  /** 64 chains of calls, each beginning the next when the last is done. */
  private static long futures(Contenders.Contender contender, boolean page, int count)
      throws Exception {
    List<CompletableFuture<Long>> chains = new ArrayList<>();
    for (int n = 0; n < 64; n++) {
      chains.add(chain(contender, page, count / 64 + (n < count % 64 ? 1 : 0), 0));
    }
    long sum = 0;
    for (CompletableFuture<Long> chain : chains) {
      sum += chain.get();
    }
    return sum;
  }

  private static CompletableFuture<Long> chain(
      Contenders.Contender contender, boolean page, int left, long sum) {
    if (left == 0) {
      return CompletableFuture.completedFuture(sum);
    }
    try {
      return contender.later(page).thenCompose(v -> chain(contender, page, left - 1, sum + v));
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static long webhooks(String name, JsonNode job, int count) throws Exception {
    byte[] body = job.get("body").asText().getBytes(StandardCharsets.UTF_8);
    Map<String, String> headers = new HashMap<>();
    job.get("headers").forEach(h -> headers.put(h.get(0).asText(), h.get(1).asText()));
    String secret = job.get("secret").asText();
    Webhook webhook = Webhook.builder().secret(secret).build();
    ByHand byHand = new ByHand(secret);
    boolean ours = name.equals("ours-webhook");
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += ours ? Contenders.webhook(webhook, headers, body) : byHand.verify(headers, body);
    }
    return sum;
  }

  /** What is held, if that is asked: the resident set says less, the machine gives memory back when it likes. */
  private static long heap(boolean asked) {
    if (!asked) {
      return 0;
    }
    System.gc();
    return (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) / 1024;
  }

  private Bench() {}
}
