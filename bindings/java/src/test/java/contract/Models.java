package contract;

import com.zhifuyun.Conversation;
import com.zhifuyun.ConversationPayload;
import com.zhifuyun.Model;
import com.zhifuyun.Page;
import com.zhifuyun.Statistics;
import com.zhifuyun.Ticket;
import com.zhifuyun.TicketPayload;
import com.zhifuyun.Trend;
import java.util.LinkedHashMap;
import java.util.Map;

/** The fields of every model, by the names of the API. */
final class Models {
  private Models() {}

  static Map<String, Object> fields(Model model) {
    if (model instanceof Conversation c) {
      return Project.map(
          "id",
          c.getId(),
          "user_id",
          c.getUserId(),
          "channel",
          c.getChannel(),
          "status",
          c.getStatus(),
          "created_at",
          c.getCreatedAt(),
          "updated_at",
          c.getUpdatedAt());
    } else if (model instanceof Ticket t) {
      return Project.map(
          "id",
          t.getId(),
          "title",
          t.getTitle(),
          "description",
          t.getDescription(),
          "status",
          t.getStatus(),
          "priority",
          t.getPriority(),
          "assignee_id",
          t.getAssigneeId(),
          "customer_email",
          t.getCustomerEmail(),
          "created_at",
          t.getCreatedAt(),
          "updated_at",
          t.getUpdatedAt());
    } else if (model instanceof Statistics s) {
      return Project.map(
          "total_conversations",
          s.getTotalConversations(),
          "total_tickets",
          s.getTotalTickets(),
          "avg_response_time",
          s.getAvgResponseTime(),
          "satisfaction_rate",
          s.getSatisfactionRate(),
          "trends",
          s.getTrends());
    } else if (model instanceof Trend t) {
      return Project.map(
          "date", t.getDate(), "conversations", t.getConversations(), "tickets", t.getTickets());
    }
    Page<?> p = (Page<?>) model;
    return Project.map(
        "items",
        p.getItems(),
        "total",
        p.getTotal(),
        "page",
        p.getPage(),
        "limit",
        p.getLimit(),
        "has_next",
        p.hasNext());
  }

  /** The data as it was sent: the fields that were there, and what was sent beyond them. */
  static Object data(Object data) {
    if (!(data instanceof Model)) {
      return data;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    if (data instanceof ConversationPayload c) {
      all.putAll(
          Project.map(
              "conversation_id",
              c.getConversationId(),
              "user_id",
              c.getUserId(),
              "channel",
              c.getChannel(),
              "status",
              c.getStatus(),
              "created_at",
              c.getCreatedAt(),
              "updated_at",
              c.getUpdatedAt()));
    } else if (data instanceof TicketPayload t) {
      all.putAll(
          Project.map(
              "ticket_id",
              t.getTicketId(),
              "title",
              t.getTitle(),
              "description",
              t.getDescription(),
              "status",
              t.getStatus(),
              "priority",
              t.getPriority(),
              "assignee_id",
              t.getAssigneeId(),
              "customer_email",
              t.getCustomerEmail(),
              "created_at",
              t.getCreatedAt(),
              "updated_at",
              t.getUpdatedAt()));
    }
    all.values().removeIf(java.util.Objects::isNull);
    all.putAll(((Model) data).getExtra());
    return all;
  }
}
