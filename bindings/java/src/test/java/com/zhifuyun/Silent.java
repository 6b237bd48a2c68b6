package com.zhifuyun;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server that gives a token and then says nothing, but notices who hangs up. */
final class Silent implements AutoCloseable {
  private static final String TOKEN =
      "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}";

  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");

  final CountDownLatch arrived = new CountDownLatch(1);
  final CountDownLatch hungUp = new CountDownLatch(1);
  private final ServerSocket socket;

  Silent() throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve);
    thread.setDaemon(true);
    thread.start();
  }

  ZhifuyunAsyncClient client() {
    String url = "http://127.0.0.1:" + socket.getLocalPort();
    return ZhifuyunAsyncClient.builder().baseUrl(url).clientId("i").clientSecret("s").build();
  }

  private void serve() {
    try {
      try (Socket token = socket.accept()) {
        read(token.getInputStream());
        String head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        String answer = head + "content-length: " + TOKEN.length() + "\r\n\r\n" + TOKEN;
        token.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      }
      try (Socket call = socket.accept()) {
        InputStream in = call.getInputStream();
        read(in);
        arrived.countDown();
        while (in.read() >= 0) {
          // A request sends nothing more.
        }
      }
    } catch (IOException e) {
      // Reset: hung up as well.
    }
    hungUp.countDown();
  }

  /** Reads a whole request, in whatever pieces it arrives. */
  private static void read(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("hung up in the middle of a request");
      }
      head.append((char) c);
    }
    Matcher length = LENGTH.matcher(head);
    in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
