package com.zhifuyun.servlet;

import com.zhifuyun.WebhookHandler;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An endpoint for webhooks. Map it to the path of the endpoint: it answers every POST there by
 * itself, before anything else reads the body, and lets other requests pass. For Jakarta Servlet;
 * on the older {@code javax.servlet}, call {@link WebhookHandler#handle} with headers and body.
 *
 * <pre>{@code
 * context.addFilter("zhifuyun", new WebhookFilter(handler))
 *     .addMappingForUrlPatterns(null, false, "/zhifuyun");
 * }</pre>
 */
public final class WebhookFilter implements Filter {
  private final WebhookHandler handler;

  /** Reads bodies as large as the webhook allows. */
  public WebhookFilter(WebhookHandler handler) {
    this.handler = Objects.requireNonNull(handler, "handler");
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest)
        || !((HttpServletRequest) request).getMethod().equals("POST")) {
      chain.doFilter(request, response);
      return;
    }
    HttpServletRequest http = (HttpServletRequest) request;
    Map<String, List<String>> headers = new HashMap<>();
    // Null in containers that do not tell.
    Enumeration<String> names = http.getHeaderNames();
    while (names != null && names.hasMoreElements()) {
      String name = names.nextElement();
      headers.put(name, Collections.list(http.getHeaders(name)));
    }
    int status = handler.handle(headers, body(request.getInputStream()));
    ((HttpServletResponse) response).setStatus(status);
  }

  /** No more than is needed to refuse it. */
  private byte[] body(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int most = handler.maxBodyBytes();
    byte[] buffer = new byte[8192];
    for (int n = in.read(buffer); n >= 0 && out.size() <= most; n = in.read(buffer)) {
      out.write(buffer, 0, n);
    }
    return out.toByteArray();
  }
}
