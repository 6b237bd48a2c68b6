package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.zhifuyun.ClientBuilder;
import com.zhifuyun.Consistency;
import com.zhifuyun.OnLimit;
import com.zhifuyun.Plan;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.ZhifuyunException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;

/** A client of one style, and the options of a scenario as its users would write them. */
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
    Arguments.each(
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
    Arguments.each(
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
    Arguments.each(
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

  private static Duration seconds(JsonNode v) {
    return Duration.ofNanos(Math.round(v.asDouble() * 1e9));
  }
}
