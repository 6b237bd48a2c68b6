package com.zhifuyun;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The arguments of a call. Immutable; an argument that was not set is not sent. */
public class Request {
  static final Request NONE = new Request(Collections.emptyMap());

  private final Map<String, Object> values;

  Request(Builder<?> builder) {
    this(new LinkedHashMap<>(builder.values));
  }

  private Request(Map<String, Object> values) {
    this.values = values;
  }

  /** Null is missing, and refused as that. */
  static Request id(@Nullable String id) {
    return NONE.withId(id);
  }

  Request withId(@Nullable String id) {
    Map<String, Object> all = new LinkedHashMap<>(values);
    if (id != null) {
      all.put("id", id);
    }
    return new Request(all);
  }

  static <B> B filled(B builder, Consumer<? super B> request) {
    Given.value(request, "request").accept(builder);
    return builder;
  }

  String json() {
    return Json.object(values);
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && ((Request) other).values.equals(values);
  }

  @Override
  public final int hashCode() {
    return values.hashCode();
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName() + values;
  }

  /** Collects arguments. */
  abstract static class Builder<B extends Builder<B>> {
    private final Map<String, Object> values = new LinkedHashMap<>();

    @SuppressWarnings("unchecked")
    B copy(Request request) {
      values.putAll(request.values);
      return (B) this;
    }

    /** Null takes the argument back. */
    @SuppressWarnings("unchecked")
    B set(String name, @Nullable Object value) {
      if (value == null) {
        values.remove(name);
      } else {
        values.put(name, value instanceof Number ? value : value.toString());
      }
      return (B) this;
    }
  }
}
