package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Test;

/** Results, requests and errors as users of Java expect them. */
class ModelsTest {
  private static final String SEEDED = "{\"seed\":{\"conversations\":250,\"tickets\":3}}";

  @Test
  void resultsAreEqualByValueAndSerialise() throws Exception {
    Mock mock = new Mock(SEEDED);
    ObjectMapper json =
        new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
    try (ZhifuyunClient client = mock.builder().build()) {
      Page<Conversation> page = client.conversations().list(q -> q.limit(2));
      Conversation one = page.getItems().get(0);
      Conversation same = client.conversations().list(q -> q.limit(1)).getItems().get(0);
      assertEquals(one, same);
      assertEquals(one.hashCode(), same.hashCode());
      assertNotEquals(one, page.getItems().get(1));
      assertEquals(page, client.conversations().list(q -> q.limit(2)));
      assertTrue(one.toString().startsWith("Conversation{id=" + one.getId() + ", "));
      assertNull(one.meta());
      assertEquals(200, client.conversations().get(one.getId()).meta().getHttpStatus());
      assertThrows(UnsupportedOperationException.class, () -> page.getItems().clear());

      JsonNode written = json.valueToTree(page);
      assertEquals(250, written.get("total").asInt());
      assertTrue(written.get("hasNext").asBoolean());
      JsonNode item = written.get("items").get(0);
      assertEquals(one.getStatus().value(), item.get("status").asText());
      assertEquals(one.getCreatedAt(), Instant.parse(item.get("createdAt").asText()));
      assertFalse(item.has("meta"));
    }
  }

  @Test
  void openEnumsKeepWhatTheyDoNotKnow() throws Exception {
    assertSame(Priority.HIGH, Priority.of("high"));
    assertEquals(Priority.of("later"), Priority.of("later"));
    assertNotEquals(TicketStatus.CLOSED, (Object) ConversationStatus.CLOSED);
    assertEquals("later", Priority.of("later").toString());
    assertEquals(Priority.HIGH, new ObjectMapper().readValue("\"high\"", Priority.class));
  }

  @Test
  void requestsAreValues() {
    ListTickets one = ListTickets.builder().limit(5).priority("high").build();
    assertEquals(one, ListTickets.builder().limit(5).priority(Priority.HIGH).build());
    assertNotEquals(one, ListTickets.builder().limit(5).build());
    ListTickets.Builder builder = ListTickets.builder().limit(5);
    ListTickets before = builder.build();
    builder.limit(6);
    assertEquals(ListTickets.builder().limit(5).build(), before);
    assertEquals("ListTickets{limit=5}", before.toString());
  }

  @Test
  void whatDescribesCallsIsComparedByValue() {
    Mock mock = new Mock(SEEDED);
    try (ZhifuyunClient client = mock.builder().build()) {
      assertEquals(client.quota(), client.quota());
      assertEquals(client.quota().hashCode(), client.quota().hashCode());
      Listing<Ticket> tickets = client.tickets().iterate(ListTickets.builder().build());
      assertEquals(3, tickets.stream().count());
      WalkReport first = tickets.report();
      assertEquals(3, tickets.stream().count());
      assertEquals(first, tickets.report());
      Meta meta = client.tickets().list().meta();
      assertEquals(meta, meta);
      assertNotEquals(meta, client.tickets().list().meta(), "another request id");
    }
    assertEquals(RequestOptions.maxRetries(1), RequestOptions.DEFAULT.withMaxRetries(1));
    assertNotEquals(RequestOptions.maxRetries(1), RequestOptions.maxRetries(2));
    assertEquals(WalkOptions.DEFAULT.prefetch(1), WalkOptions.DEFAULT.prefetch(1));
    assertEquals(SignatureScheme.hex("x").hashCode(), SignatureScheme.hex("x").hashCode());
    assertEquals(SignatureScheme.hex("x"), SignatureScheme.hex("x"));
    ListTickets request = ListTickets.builder().limit(5).priority("high").build();
    assertEquals(request, request.toBuilder().build());
    assertEquals("ListTickets{limit=6, priority=high}", request.toBuilder().limit(6).build() + "");
    assertEquals("ListTickets{limit=5, priority=high}", request.toString());
  }

  @Test
  void argumentsAreRefusedBeforeAnyRequest() {
    Mock mock = new Mock("{}");
    try (ZhifuyunClient client = mock.builder().build()) {
      InvalidArgumentException e =
          assertThrows(
              InvalidArgumentException.class, () -> client.tickets().list(q -> q.limit(101)));
      assertEquals("limit", e.getArgument());
      assertEquals(0, e.getAttempts());
      // Half a surrogate pair is no text.
      assertThrows(InvalidArgumentException.class, () -> client.conversations().get("\ud83d"));
      assertThrows(InvalidArgumentException.class, () -> client.conversations().get("a\ude00b"));
      CompletionException async =
          assertThrows(
              CompletionException.class, () -> client.async().conversations().get("..").join());
      assertEquals("id", ((ZhifuyunException) async.getCause()).getArgument());
      Ticket ticket =
          client.tickets().create(t -> t.title("\ud83d\ude00 \"q\" \\ \u0001").description(""));
      assertEquals("\ud83d\ude00 \"q\" \\ \u0001", ticket.getTitle());
      assertEquals(1, mock.requests());
    }
  }

  @Test
  void iterationsAreLazyAndRepeatable() {
    Mock mock = new Mock(SEEDED);
    try (ZhifuyunClient client = mock.builder().build()) {
      Listing<Conversation> all = client.conversations().iterate();
      assertEquals("not_finished", all.report().getStoppedBy());
      assertEquals(5, all.stream().limit(5).count());
      assertEquals(1, mock.requests());
      assertEquals(250, all.stream().map(Conversation::getId).distinct().count());
      assertEquals(3, all.report().getPages());
      assertTrue(all.report().isComplete());
      int pages = 0;
      for (Page<Conversation> page : all.pages()) {
        assertEquals(++pages, page.getPage());
      }
      assertEquals(3, pages);
      Iterator<Ticket> tickets = client.tickets().iterate(q -> q.assigneeId("nobody")).iterator();
      assertFalse(tickets.hasNext());
      assertThrows(NoSuchElementException.class, tickets::next);

      AsyncListing<Conversation> async =
          client.async().conversations().iterate(q -> {}, WalkOptions.DEFAULT.prefetch(2));
      List<Conversation> list = async.toList().join();
      assertEquals(250, list.size());
      assertNull(async.nextPage().join());
      assertThrows(
          CompletionException.class,
          () ->
              client
                  .async()
                  .conversations()
                  .iterate()
                  .forEach(
                      c -> {
                        throw new IllegalStateException("stop");
                      })
                  .join());
    }
  }

  @Test
  void eventsAreLogged() {
    List<String> logged = new ArrayList<>();
    Handler log =
        new StreamHandler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(
                record.getLevel() + " " + ((ClientEvent) record.getParameters()[0]).getName());
          }
        };
    String fault = "{\"when\":{\"first\":1},\"action\":{\"status\":503}}";
    Mock mock = new Mock("{\"faults\":[" + fault + "]}");
    Log.LOGGER.addHandler(log);
    Log.LOGGER.setUseParentHandlers(false);
    Log.LOGGER.setLevel(Level.FINE);
    try (ZhifuyunClient client = mock.builder().listener(ClientEvent::log).build()) {
      client.conversations().list();
    } finally {
      Log.LOGGER.setLevel(null);
      Log.LOGGER.setUseParentHandlers(true);
      Log.LOGGER.removeHandler(log);
    }
    assertTrue(logged.contains("FINE response"), logged.toString());
    assertTrue(logged.contains("INFO retry"), logged.toString());
  }

  @Test
  void nothingShowsSecrets() {
    Mock mock = new Mock("{}");
    String secret = mock.text("client_secret");
    ZhifuyunClient.Builder builder = mock.builder();
    try (ZhifuyunClient client = builder.build()) {
      for (Object shown : new Object[] {builder, client, client.async(), client.conversations()}) {
        assertFalse(shown.toString().contains(secret), shown.toString());
      }
    }
    String key = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    assertFalse(Webhook.builder().secret(key).build().toString().contains(key));
    ConfigException e =
        assertThrows(
            ConfigException.class, () -> mock.builder().clientSecret("hush-hush ").build());
    assertFalse(e.toString().contains("hush"));
  }

  @Test
  void theEnvironment() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> ZhifuyunClient.builder().fromEnv(Map.of("ZHIFUYUN_CLIENT_ID", "id")));
    assertTrue(e.getMessage().contains("ZHIFUYUN_CLIENT_SECRET"));
    Mock mock = new Mock("{}");
    Map<String, String> environment =
        Map.of(
            "ZHIFUYUN_CLIENT_ID", mock.text("client_id"),
            "ZHIFUYUN_CLIENT_SECRET", mock.text("client_secret"),
            "ZHIFUYUN_BASE_URL", mock.text("url"),
            "ZHIFUYUN_PLAN", "77");
    try (ZhifuyunClient client = ZhifuyunClient.builder().fromEnv(environment).build()) {
      client.authenticate();
      assertEquals(77L, client.quota().getLimit());
      assertEquals(Duration.ZERO, client.quota().getNextFree());
    }
  }

  @Test
  void exceptionsTravel() throws Exception {
    Mock mock = new Mock("{}");
    try (ZhifuyunClient client = mock.builder().build()) {
      NotFoundException e =
          assertThrows(NotFoundException.class, () -> client.conversations().get("nobody"));
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      new ObjectOutputStream(bytes).writeObject(e);
      ZhifuyunException read =
          (ZhifuyunException)
              new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
      assertEquals(e.getMessage(), read.getMessage());
      assertEquals(404, read.getHttpStatus());
      assertEquals(e.getRequestId(), read.getRequestId());
      assertFalse(read.isTransient());
    }
  }
}
