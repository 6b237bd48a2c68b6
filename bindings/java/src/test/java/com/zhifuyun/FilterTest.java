package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.zhifuyun.servlet.WebhookFilter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The filter, with as little of a container as it needs. */
class FilterTest {
  private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

  private final List<String> events = new ArrayList<>();
  private boolean passed;

  private static final class Body extends ServletInputStream {
    private final ByteArrayInputStream bytes;

    Body(byte[] bytes) {
      this.bytes = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read() {
      return bytes.read();
    }

    @Override
    public boolean isFinished() {
      return bytes.available() == 0;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setReadListener(ReadListener listener) {
      throw new UnsupportedOperationException();
    }
  }

  /** The status; 0 if none was set. */
  private int send(int limit, String method, Map<String, String> headers, byte[] body)
      throws Exception {
    Webhook webhook = Webhook.builder().secret(SECRET).maxBodyBytes(limit).build();
    WebhookHandler handler =
        WebhookHandler.builder(webhook).fallback(event -> events.add(event.getType())).build();
    int[] status = {0};
    HttpServletRequest request =
        fake(
            HttpServletRequest.class,
            (name, args) ->
                switch (name) {
                  case "getMethod" -> method;
                  case "getHeaderNames" ->
                      headers == null ? null : Collections.enumeration(headers.keySet());
                  case "getHeaders" -> Collections.enumeration(List.of(headers.get(args[0])));
                  case "getInputStream" -> new Body(body);
                  default -> throw new AssertionError(name);
                });
    HttpServletResponse response =
        fake(HttpServletResponse.class, (name, args) -> status[0] = (Integer) args[0]);
    FilterChain chain = (req, res) -> passed = true;
    new WebhookFilter(handler).doFilter(request, response, chain);
    return status[0];
  }

  private interface Answer {
    Object to(String name, Object[] args);
  }

  @SuppressWarnings("unchecked")
  private static <T> T fake(Class<T> type, Answer answer) {
    return (T)
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> {
              Object value = answer.to(method.getName(), args);
              return method.getReturnType() == void.class ? null : value;
            });
  }

  @Test
  void postsAreWebhooks() throws Exception {
    String text = "{\"event\":\"order.paid\",\"data\":\"" + "x".repeat(100_000) + "\"}";
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    Map<String, String> signed =
        Webhook.builder().secret(SECRET).build().sign("msg_1", Instant.now(), body);
    assertEquals(200, send(body.length, "POST", signed, body));
    assertEquals(List.of("order.paid"), events);
    assertEquals(413, send(body.length - 1, "POST", signed, body));
    assertEquals(200, send(4 * 1024 * 1024, "POST", signed, body), "the limit of the webhook");
    assertEquals(400, send(body.length, "POST", null, body), "a container without headers");
    assertEquals(0, send(body.length, "GET", signed, body));
    assertEquals(true, passed);
    assertEquals(2, events.size());
  }

  @Test
  void theLimitOfTheWebhookIsThatOfTheFilter() throws Exception {
    byte[] body = new byte[3 * 1024 * 1024];
    body[0] = '"';
    java.util.Arrays.fill(body, 1, body.length - 1, (byte) 'x');
    body[body.length - 1] = '"';
    Map<String, String> signed =
        Webhook.builder().secret(SECRET).build().sign("msg_1", Instant.now(), body);
    assertEquals(413, send(2 * 1024 * 1024, "POST", signed, body));
    // Read to its end, and good but for what it says.
    assertEquals(400, send(4 * 1024 * 1024, "POST", signed, body));
  }
}
