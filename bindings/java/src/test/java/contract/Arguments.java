package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zhifuyun.Channel;
import com.zhifuyun.ConversationStatus;
import com.zhifuyun.CreateConversation;
import com.zhifuyun.CreateTicket;
import com.zhifuyun.GetStatistics;
import com.zhifuyun.GroupBy;
import com.zhifuyun.ListConversations;
import com.zhifuyun.ListTickets;
import com.zhifuyun.Priority;
import com.zhifuyun.StatisticsType;
import com.zhifuyun.TicketStatus;
import com.zhifuyun.UpdateTicket;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.function.BiConsumer;

/** The arguments of a scenario as users of the SDK would write them. */
final class Arguments {
  private Arguments() {}

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

  static void each(JsonNode object, BiConsumer<String, JsonNode> take) {
    ((ObjectNode) object).properties().forEach(e -> take.accept(e.getKey(), e.getValue()));
  }
}
