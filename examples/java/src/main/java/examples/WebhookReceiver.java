package examples;

import com.zhifuyun.Webhook;
import com.zhifuyun.WebhookEvent;
import com.zhifuyun.WebhookHandler;
import com.zhifuyun.servlet.WebhookFilter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/** Webhooks with Spring MVC. Needs ZHIFUYUN_WEBHOOK_SECRET; listens on port 8080. */
@SpringBootApplication
@RestController
public class WebhookReceiver {
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final WebhookHandler handler;

  public WebhookReceiver() {
    Webhook webhook = Webhook.fromEnv();
    handler =
        WebhookHandler.builder(webhook)
            .on(
                WebhookEvent.TicketCreated.class,
                event -> seen.add("new ticket " + event.getData().getTicketId()))
            .fallback(event -> seen.add(event.getType()))
            .build();
  }

  /** A controller: the body as bytes, so that nothing parses it before it is verified. */
  @PostMapping("/zhifuyun")
  ResponseEntity<Void> receive(
      @RequestHeader MultiValueMap<String, String> headers,
      @RequestBody(required = false) byte[] body) {
    byte[] raw = body == null ? new byte[0] : body;
    return ResponseEntity.status(handler.handle(headers, raw)).build();
  }

  /** Or a filter, for every Servlet container, with or without Spring MVC. */
  @Bean
  FilterRegistrationBean<WebhookFilter> filter() {
    FilterRegistrationBean<WebhookFilter> filter =
        new FilterRegistrationBean<>(new WebhookFilter(handler));
    filter.setUrlPatterns(List.of("/zhifuyun-filter"));
    return filter;
  }

  @GetMapping("/seen")
  Map<String, Object> seen() {
    return Map.of("seen", seen);
  }

  public static void main(String[] args) {
    SpringApplication.run(WebhookReceiver.class, args);
  }
}
