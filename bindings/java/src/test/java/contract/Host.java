package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zhifuyun.Channel;
import com.zhifuyun.ClientBuilder;
import com.zhifuyun.Consistency;
import com.zhifuyun.ConversationStatus;
import com.zhifuyun.CreateConversation;
import com.zhifuyun.CreateTicket;
import com.zhifuyun.GetStatistics;
import com.zhifuyun.GroupBy;
import com.zhifuyun.ListConversations;
import com.zhifuyun.ListTickets;
import com.zhifuyun.OnLimit;
import com.zhifuyun.Plan;
import com.zhifuyun.Priority;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.StatisticsType;
import com.zhifuyun.TicketStatus;
import com.zhifuyun.UpdateTicket;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.ZhifuyunException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/** A client of one style, and the arguments of a scenario as its users would write them. */
interface Host extends AutoCloseable {
  /** What became of a step. An iteration may have brought items before it failed. */
  record Outcome(JsonNode result, JsonNode error) {
    static Outcome done(Object result) {
      return new Outcome(Project.json(result), null);
    }

    static Outcome failed(ZhifuyunException e) {
      return new Outcome(null, Project.error(e));
    }
  }

  /** How an iteration is to be read; the reader goes away after {@code stopAfter} items. */
  record Walking(
      String name,
      JsonNode args,
      RequestOptions options,
      WalkOptions walk,
      long stopAfter,
      LongConsumer afterItem) {}

  List<Outcome> call(String name, JsonNode args, RequestOptions options, int times, int parallel);

  Outcome iterate(Walking walking);

  @Override
  void close();

  static <B extends ClientBuilder<B>> B options(B builder, JsonNode options) {
    each(
        options,
        (name, v) -> {
          switch (name) {
            case "client_id" -> builder.clientId(v.textValue());
            case "client_secret" -> builder.clientSecret(v.textValue());
            case "base_url" -> builder.baseUrl(v.textValue());
            case "timeout" -> builder.timeout(seconds(v));
            case "attempt_timeout" -> builder.attemptTimeout(seconds(v));
            case "connect_timeout" -> builder.connectTimeout(seconds(v));
            case "max_retries" -> builder.maxRetries(v.intValue());
            case "max_retry_after" -> builder.maxRetryAfter(seconds(v));
            case "plan" ->
                builder.plan(v.isNumber() ? Plan.perMinute(v.intValue()) : Plan.of(v.textValue()));
            case "on_limit" -> builder.onLimit(OnLimit.valueOf(v.textValue().toUpperCase()));
            case "proxy" -> builder.proxy(v.textValue());
            case "ca_bundle" -> builder.caBundle(Path.of(v.textValue()));
            case "user_agent" -> builder.userAgent(v.textValue());
            case "max_response_bytes" -> builder.maxResponseBytes(v.longValue());
            case "pool_idle_timeout" -> builder.poolIdleTimeout(seconds(v));
            case "allow_insecure" -> builder.allowInsecure(v.booleanValue());
            case "test_clock" -> builder.testClock(v.textValue());
            default -> throw new AssertionError("unknown client option " + name);
          }
        });
    return builder;
  }

  static RequestOptions overrides(JsonNode options) {
    RequestOptions[] all = {RequestOptions.DEFAULT};
    each(
        options,
        (name, v) -> {
          switch (name) {
            case "timeout" -> all[0] = all[0].withTimeout(seconds(v));
            case "max_retries" -> all[0] = all[0].withMaxRetries(v.intValue());
            default -> throw new AssertionError("unknown option " + name);
          }
        });
    return all[0];
  }

  static WalkOptions walk(JsonNode walk) {
    WalkOptions[] all = {WalkOptions.DEFAULT};
    each(
        walk,
        (name, v) -> {
          switch (name) {
            case "consistency" ->
                all[0] = all[0].consistency(Consistency.valueOf(v.textValue().toUpperCase()));
            case "prefetch" -> all[0] = all[0].prefetch(v.intValue());
            case "max_items" -> all[0] = all[0].maxItems(v.longValue());
            default -> throw new AssertionError("unknown way of walking " + name);
          }
        });
    return all[0];
  }

  static ListConversations conversations(JsonNode args) {
    ListConversations.Builder q = ListConversations.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "page" -> q.page(v.longValue());
            case "limit" -> q.limit(v.longValue());
            case "status" -> q.status(ConversationStatus.of(v.textValue()));
            case "start_time" -> q.startTime(OffsetDateTime.parse(v.textValue()).toInstant());
            case "end_time" -> q.endTime(OffsetDateTime.parse(v.textValue()).toInstant());
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  static ListTickets tickets(JsonNode args) {
    ListTickets.Builder q = ListTickets.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "page" -> q.page(v.longValue());
            case "limit" -> q.limit(v.longValue());
            case "status" -> q.status(TicketStatus.of(v.textValue()));
            case "priority" -> q.priority(Priority.of(v.textValue()));
            case "assignee_id" -> q.assigneeId(v.textValue());
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  static CreateConversation conversation(JsonNode args) {
    CreateConversation.Builder q = CreateConversation.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "user_id" -> q.userId(v.textValue());
            case "channel" -> q.channel(Channel.of(v.textValue()));
            case "initial_message" -> q.initialMessage(v.textValue());
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  static CreateTicket ticket(JsonNode args) {
    CreateTicket.Builder q = CreateTicket.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "title" -> q.title(v.textValue());
            case "description" -> q.description(v.textValue());
            case "priority" -> q.priority(Priority.of(v.textValue()));
            case "customer_email" -> q.customerEmail(v.textValue());
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  static UpdateTicket update(JsonNode args) {
    UpdateTicket.Builder q = UpdateTicket.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "id" -> {}
            case "status" -> q.status(TicketStatus.of(v.textValue()));
            case "comment" -> q.comment(v.textValue());
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  static GetStatistics statistics(JsonNode args) {
    GetStatistics.Builder q = GetStatistics.builder();
    each(
        args,
        (name, v) -> {
          switch (name) {
            case "type" -> q.type(StatisticsType.of(v.textValue()));
            case "start_date" -> q.startDate(LocalDate.parse(v.textValue()));
            case "end_date" -> q.endDate(LocalDate.parse(v.textValue()));
            case "group_by" -> q.groupBy(GroupBy.of(v.textValue()));
            default -> throw new AssertionError("unknown argument " + name);
          }
        });
    return q.build();
  }

  private static Duration seconds(JsonNode v) {
    return Duration.ofNanos(Math.round(v.asDouble() * 1e9));
  }

  private static void each(JsonNode object, BiConsumer<String, JsonNode> take) {
    ((ObjectNode) object).properties().forEach(e -> take.accept(e.getKey(), e.getValue()));
  }
}
