package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Comparing what was expected with what came. */
final class Matching {
  private Matching() {}

  /** Refuses a key that nobody knows: it would be an assertion that nobody makes. */
  static JsonNode keys(String what, JsonNode value, String... known) {
    check(value.isObject(), what + ": expected an object, was " + value);
    List<String> names = Arrays.asList(known);
    value.fieldNames().forEachRemaining(k -> check(names.contains(k), what + ": unknown key " + k));
    return value;
  }

  static void check(boolean holds, String message) {
    if (!holds) {
      throw new AssertionError(message);
    }
  }

  /** Compares the value at each path, whose first step must be a key of what is looked at. */
  static void paths(String what, JsonNode expected, JsonNode actual) {
    check(expected.isObject(), what + ": expected paths, was " + expected);
    for (Map.Entry<String, JsonNode> entry : expected.properties()) {
      String head = entry.getKey().split("\\.", 2)[0];
      check(actual.has(head), what + ": there is no " + head + " in " + brief(actual));
      value(what + "." + entry.getKey(), entry.getValue(), at(actual, entry.getKey()));
    }
  }

  /** What is at a path of keys and positions; null where nothing is. */
  static JsonNode at(JsonNode value, String path) {
    for (String step : path.split("\\.")) {
      boolean position = value.isArray() && step.matches("[0-9]+");
      value = position ? value.path(Integer.parseInt(step)) : value.path(step);
    }
    return value instanceof MissingNode ? Server.JSON.nullNode() : value;
  }

  static void value(String what, JsonNode expected, JsonNode actual) {
    check(
        holds(what, expected, actual), what + ": expected " + expected + ", was " + brief(actual));
  }

  private static boolean holds(String what, JsonNode expected, JsonNode actual) {
    String name = expected.isObject() && expected.size() == 1 ? expected.fieldNames().next() : "";
    if (!name.startsWith("$")) {
      return equal(expected, actual);
    }
    JsonNode operand = expected.get(name);
    switch (name) {
      case "$between":
        double n = actual.asDouble();
        return actual.isNumber()
            && operand.get(0).asDouble() <= n
            && n <= operand.get(1).asDouble();
      case "$contains":
        return contains(operand, actual, false);
      case "$lacks":
        return !contains(operand, actual, true);
      case "$size":
        return actual.isContainerNode() && actual.size() == operand.asInt();
      default:
        throw new AssertionError(what + ": unknown operator " + name);
    }
  }

  private static boolean contains(JsonNode operand, JsonNode actual, boolean otherwise) {
    if (operand.isTextual() && actual.isTextual()) {
      return actual.asText().contains(operand.asText());
    }
    if (!actual.isArray()) {
      return otherwise;
    }
    for (JsonNode element : actual) {
      if (equal(operand, element)) {
        return true;
      }
    }
    return false;
  }

  static boolean equal(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return a.decimalValue().compareTo(b.decimalValue()) == 0 || a.asDouble() == b.asDouble();
    }
    if (a.isContainerNode() && a.getNodeType() == b.getNodeType() && a.size() == b.size()) {
      if (a.isObject()) {
        return a.properties().stream()
            .allMatch(e -> b.has(e.getKey()) && equal(e.getValue(), b.get(e.getKey())));
      }
      Iterator<JsonNode> other = b.iterator();
      for (JsonNode element : a) {
        if (!equal(element, other.next())) {
          return false;
        }
      }
      return true;
    }
    return a.equals(b);
  }

  static String brief(JsonNode value) {
    String text = value.toString();
    return text.length() > 600 ? text.substring(0, 600) + "…" : text;
  }
}
