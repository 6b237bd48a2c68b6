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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An endpoint for webhooks. Map it to the path of the endpoint: it answers every POST there by
 * itself, before anything else reads the body, and lets other requests pass.
 *
 * <pre>{@code
 * context.addFilter("zhifuyun", new WebhookFilter(handler))
 *     .addMappingForUrlPatterns(null, false, "/zhifuyun");
 * }</pre>
 */
public final class WebhookFilter implements Filter {
  private final WebhookHandler handler;
  private final int maxBodyBytes;

  /** Reads bodies of up to 1 MiB. */
  public WebhookFilter(WebhookHandler handler) {
    this(handler, 1024 * 1024);
  }

  /** Reads bodies of up to so many bytes; should be what the webhook itself allows. */
  public WebhookFilter(WebhookHandler handler, int maxBodyBytes) {
    this.handler = handler;
    this.maxBodyBytes = maxBodyBytes;
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
    for (String name : Collections.list(http.getHeaderNames())) {
      headers.put(name, Collections.list(http.getHeaders(name)));
    }
    int status = handler.handle(headers, body(request.getInputStream()));
    ((HttpServletResponse) response).setStatus(status);
  }

  /** One byte more than is allowed at most: enough to be refused. */
  private byte[] body(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int n = in.read(buffer); n >= 0 && out.size() <= maxBodyBytes; n = in.read(buffer)) {
      out.write(buffer, 0, n);
    }
    return out.toByteArray();
  }
}
