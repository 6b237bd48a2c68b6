import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** What a user of a plain HTTP client writes to get typed answers: records and Jackson. */
final class Model {
  record Conversation(
      String id,
      @JsonProperty("user_id") String userId,
      String channel,
      String status,
      @JsonProperty("created_at") Instant createdAt,
      @JsonProperty("updated_at") Instant updatedAt) {
    long read() {
      return id.length()
          + userId.length()
          + channel.length()
          + status.length()
          + createdAt.getEpochSecond()
          + updatedAt.getEpochSecond();
    }
  }

  record Page(long total, List<Conversation> items) {
    long read() {
      long sum = total;
      for (Conversation c : items) {
        sum += c.read();
      }
      return sum;
    }
  }

  record One(int code, Conversation data) {}

  record Listed(int code, Page data) {}

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();
  private static final ObjectReader ONE = MAPPER.readerFor(One.class);
  private static final ObjectReader LISTED = MAPPER.readerFor(Listed.class);

  static long small(byte[] body) throws IOException {
    return ((One) ONE.readValue(body)).data.read();
  }

  static Page page(byte[] body) throws IOException {
    return ((Listed) LISTED.readValue(body)).data;
  }

  private Model() {}
}
