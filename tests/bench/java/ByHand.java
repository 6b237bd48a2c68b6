import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** javax.crypto and Jackson: nothing checked but age and signature. */
final class ByHand {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private final SecretKeySpec key;

  ByHand(String secret) {
    key = new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256");
  }

  long verify(Map<String, String> headers, byte[] body) throws Exception {
    String sent = headers.get("webhook-timestamp");
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(sent)) > 300) {
      throw new IllegalStateException("too old");
    }
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(key);
    mac.update((headers.get("webhook-id") + "." + sent + ".").getBytes());
    byte[] tag = mac.doFinal(body);
    byte[] given = Base64.getDecoder().decode(headers.get("webhook-signature").substring(3));
    if (!MessageDigest.isEqual(tag, given)) {
      throw new IllegalStateException("wrong signature");
    }
    JsonNode event = MAPPER.readTree(body);
    return event.get("event").asText().length() + event.get("data").get("title").asText().length();
  }
}
