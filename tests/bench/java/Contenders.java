import com.zhifuyun.Conversation;
import com.zhifuyun.ListConversations;
import com.zhifuyun.Page;
import com.zhifuyun.Plan;
import com.zhifuyun.WalkOptions;
import com.zhifuyun.Webhook;
import com.zhifuyun.WebhookEvent;
import com.zhifuyun.ZhifuyunAsyncClient;
import com.zhifuyun.ZhifuyunClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Peers are written as their documentation recommends: one client, connections kept alive. */
final class Contenders {
  static final String SMALL = "/v1/conversations/conv_1";
  static final String PAGE = "/v1/conversations?page=1&limit=100";

  /** One operation each; the results are sums over all fields. */
  interface Contender {
    long small() throws Exception;

    long page() throws Exception;

    /** A page, held by what reads it. */
    LongSupplier hold() throws Exception;

    /** All pages one after the other; ours may ask ahead. */
    long walk(int prefetch) throws Exception;

    /** Makes a further client. */
    long another();

    CompletableFuture<Long> later(boolean page) throws Exception;
  }

  /** A peer knows how to get bytes. */
  abstract static class Peer implements Contender {
    final String url;

    Peer(String url) {
      this.url = url;
    }

    abstract byte[] get(String path) throws Exception;

    CompletableFuture<byte[]> getLater(String path) {
      throw new UnsupportedOperationException();
    }

    public long small() throws Exception {
      return Model.small(get(SMALL));
    }

    public long page() throws Exception {
      return Model.page(get(PAGE)).read();
    }

    public LongSupplier hold() throws Exception {
      return Model.page(get(PAGE))::read;
    }

    public long walk(int prefetch) throws Exception {
      long sum = 0;
      long seen = 0;
      for (int number = 1; ; number++) {
        Model.Page page = Model.page(get("/v1/conversations?page=" + number + "&limit=100"));
        sum += page.read() - page.total();
        seen += page.items().size();
        if (page.items().isEmpty() || seen >= page.total()) {
          return sum;
        }
      }
    }

    public CompletableFuture<Long> later(boolean page) {
      return getLater(page ? PAGE : SMALL)
          .thenApply(
              body -> {
                try {
                  return page ? Model.page(body).read() : Model.small(body);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
    }
  }

  static final class UrlConnection extends Peer {
    UrlConnection(String url) {
      super(url);
    }

    public long another() {
      throw new UnsupportedOperationException();
    }

    byte[] get(String path) throws Exception {
      HttpURLConnection connection = (HttpURLConnection) new URL(url + path).openConnection();
      connection.setRequestProperty("authorization", "Bearer bench");
      if (connection.getResponseCode() != 200) {
        throw new IOException("status " + connection.getResponseCode());
      }
      // Read to the end and closed, not disconnected: the connection is used again.
      try (InputStream in = connection.getInputStream()) {
        return in.readAllBytes();
      }
    }
  }

  static final class JavaNetHttp extends Peer {
    private final HttpClient client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    JavaNetHttp(String url) {
      super(url);
    }

    public long another() {
      return HttpClient.newHttpClient() == null ? 1 : 0;
    }

    private HttpRequest request(String path) {
      return HttpRequest.newBuilder(URI.create(url + path))
          .header("authorization", "Bearer bench")
          .build();
    }

    private static byte[] body(HttpResponse<byte[]> answer) {
      if (answer.statusCode() != 200) {
        throw new IllegalStateException("status " + answer.statusCode());
      }
      return answer.body();
    }

    byte[] get(String path) throws Exception {
      return body(client.send(request(path), HttpResponse.BodyHandlers.ofByteArray()));
    }

    @Override
    CompletableFuture<byte[]> getLater(String path) {
      return client
          .sendAsync(request(path), HttpResponse.BodyHandlers.ofByteArray())
          .thenApply(JavaNetHttp::body);
    }
  }

  static final class Ok extends Peer {
    private final OkHttpClient client;

    Ok(String url) {
      super(url);
      Dispatcher dispatcher = new Dispatcher();
      // The default runs five calls per host.
      dispatcher.setMaxRequestsPerHost(64);
      client =
          new OkHttpClient.Builder()
              .dispatcher(dispatcher)
              .connectionPool(new ConnectionPool(64, 5, TimeUnit.MINUTES))
              .build();
    }

    public long another() {
      return new OkHttpClient() == null ? 1 : 0;
    }

    private Call call(String path) {
      return client.newCall(
          new Request.Builder().url(url + path).header("authorization", "Bearer bench").build());
    }

    private static byte[] body(Response answer) throws IOException {
      try (answer) {
        if (!answer.isSuccessful()) {
          throw new IOException("status " + answer.code());
        }
        return answer.body().bytes();
      }
    }

    byte[] get(String path) throws Exception {
      return body(call(path).execute());
    }

    @Override
    CompletableFuture<byte[]> getLater(String path) {
      CompletableFuture<byte[]> done = new CompletableFuture<>();
      call(path)
          .enqueue(
              new Callback() {
                @Override
                public void onFailure(Call call, IOException e) {
                  done.completeExceptionally(e);
                }

                @Override
                public void onResponse(Call call, Response answer) throws IOException {
                  done.complete(body(answer));
                }
              });
      return done;
    }
  }

  static final class Ours implements Contender {
    private final ZhifuyunClient client;
    private final ZhifuyunAsyncClient async;
    private final String url;

    Ours(String url) {
      this.url = url;
      client =
          ZhifuyunClient.builder()
              .clientId("bench")
              .clientSecret("bench")
              .baseUrl(url)
              .plan(Plan.OFF)
              .build();
      async = client.async();
    }

    private static ListConversations request() {
      return ListConversations.builder().page(1).limit(100).build();
    }

    private static long read(Conversation c) {
      return c.getId().length()
          + c.getUserId().length()
          + c.getChannel().value().length()
          + c.getStatus().value().length()
          + c.getCreatedAt().getEpochSecond()
          + c.getUpdatedAt().getEpochSecond();
    }

    private static long read(Page<Conversation> page) {
      long sum = page.getTotal();
      for (Conversation c : page.getItems()) {
        sum += read(c);
      }
      return sum;
    }

    public long small() {
      return read(client.conversations().get("conv_1"));
    }

    public long page() {
      return read(client.conversations().list(request()));
    }

    public LongSupplier hold() {
      Page<Conversation> page = client.conversations().list(request());
      return () -> read(page);
    }

    public long walk(int prefetch) {
      long sum = 0;
      for (Conversation c : client.conversations().iterate(q -> {}, WalkOptions.DEFAULT.prefetch(prefetch))) {
        sum += read(c);
      }
      return sum;
    }

    public long another() {
      new Ours(url).client.close();
      return 0;
    }

    public CompletableFuture<Long> later(boolean page) {
      return page
          ? async.conversations().list(q -> q.page(1).limit(100)).thenApply(Ours::read)
          : async.conversations().get("conv_1").thenApply(Ours::read);
    }
  }

  static Contender of(String name, String url) {
    return switch (name) {
      case "ours" -> new Ours(url);
      case "HttpURLConnection" -> new UrlConnection(url);
      case "java.net.http" -> new JavaNetHttp(url);
      case "OkHttp" -> new Ok(url);
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** Our verifier. */
  static long webhook(Webhook webhook, Map<String, String> headers, byte[] body) {
    WebhookEvent event = webhook.verify(headers, body);
    String title = ((WebhookEvent.TicketEvent) event).getData().getTitle();
    return event.getType().length() + title.length();
  }

  private Contenders() {}
}
