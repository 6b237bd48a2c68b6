package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.zhifuyun.Meta;
import com.zhifuyun.Model;
import com.zhifuyun.OpenEnum;
import com.zhifuyun.Quota;
import com.zhifuyun.Timing;
import com.zhifuyun.WalkReport;
import com.zhifuyun.WebhookEvent;
import com.zhifuyun.ZhifuyunException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Results as plain data, read through public getters only. Every runner writes the same form. */
final class Project {
  private Project() {}

  /** Names and values in turn. */
  static Map<String, Object> map(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], plain(pairs[i + 1]));
    }
    return map;
  }

  static JsonNode json(Object value) {
    return Server.JSON.valueToTree(plain(value));
  }

  private static Object plain(Object value) {
    if (value instanceof Instant time) {
      return time.truncatedTo(ChronoUnit.MILLIS).toString();
    } else if (value instanceof Duration duration) {
      return duration.toNanos() / 1e9;
    } else if (value instanceof LocalDate || value instanceof OpenEnum) {
      return value.toString();
    } else if (value instanceof List<?> list) {
      return list.stream().map(Project::plain).collect(Collectors.toList());
    } else if (value instanceof Model model) {
      Map<String, Object> all = Models.fields(model);
      all.put("extra", model.getExtra());
      if (model.meta() != null) {
        all.put("meta", meta(model.meta()));
      }
      return all;
    } else if (value instanceof Timing t) {
      return map(
          "total",
          t.getTotal(),
          "queued",
          t.getQueued(),
          "token",
          t.getToken(),
          "backoff",
          t.getBackoff(),
          "network",
          t.getNetwork());
    }
    return value;
  }

  private static Map<String, Object> meta(Meta m) {
    return map(
        "http_status",
        m.getHttpStatus(),
        "code",
        m.getCode(),
        "request_id",
        m.getRequestId(),
        "attempts",
        m.getAttempts(),
        "waited",
        m.getWaited(),
        "timing",
        m.getTiming());
  }

  static Object quota(Quota q) {
    return map("used", q.getUsed(), "limit", q.getLimit(), "next_free", q.getNextFree());
  }

  /** What an iteration brought, whether or not it ended well. */
  static Object walked(List<? extends Model> items, WalkReport r) {
    List<Map<String, Object>> plain = items.stream().map(Models::fields).toList();
    List<Object> ids = plain.stream().map(i -> i.get("id")).toList();
    return map(
        "count",
        items.size(),
        "unique",
        new HashSet<>(ids).size(),
        "ids",
        ids,
        "items",
        items,
        "report",
        map(
            "requests",
            r.getRequests(),
            "pages",
            r.getPages(),
            "items",
            r.getItems(),
            "duplicates",
            r.getDuplicates(),
            "first_total",
            r.getFirstTotal(),
            "last_total",
            r.getLastTotal(),
            "total_changed",
            r.isTotalChanged(),
            "passes",
            r.getPasses(),
            "complete",
            r.isComplete(),
            "stopped_by",
            r.getStoppedBy()));
  }

  /** An error; {@code text} is everything that a log could show of it. */
  static JsonNode error(ZhifuyunException e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text, true));
    List<Object> fields =
        e.getFields().stream()
            .<Object>map(f -> map("field", f.getField(), "message", f.getMessage()))
            .toList();
    return json(
        map(
            "kind",
            e.getKind(),
            "reason",
            e.getReason(),
            "message",
            e.getDetail(),
            "operation",
            e.getOperation(),
            "argument",
            e.getArgument(),
            "code",
            e.getCode(),
            "http_status",
            e.getHttpStatus(),
            "request_id",
            e.getRequestId(),
            "retry_after",
            e.getRetryAfter(),
            "attempts",
            e.getAttempts(),
            "maybe_applied",
            e.isMaybeApplied(),
            "fields",
            fields,
            "webhook_reason",
            e.getWebhookReason(),
            "timing",
            e.getTiming(),
            "text",
            text.toString()));
  }

  static Object event(WebhookEvent e) {
    return map(
        "id",
        e.getId(),
        "type",
        e.getType(),
        "known",
        e.isKnown(),
        "timestamp",
        e.getTimestamp(),
        "sent_at",
        e.getSentAt(),
        "data",
        Models.data(e.getData()),
        "extra",
        e.getExtra(),
        "dedupe_key",
        e.getDedupeKey());
  }
}
