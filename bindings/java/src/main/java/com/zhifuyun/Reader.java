package com.zhifuyun;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a reply of the native half: positional, little-endian, in the order in which it was
 * written.
 */
final class Reader {
  private static final int OTHER = 0xff;

  /** Makes a record from its fields. */
  interface Maker<T> {
    T make(Reader in, @Nullable Meta meta);
  }

  private final byte[] bytes;
  private final ByteBuffer in;
  private int mask;

  Reader(byte[] bytes) {
    this(bytes, 0);
  }

  Reader(byte[] bytes, int offset) {
    this.bytes = bytes;
    this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    // A cast, because Java 9 gave ByteBuffer a method of its own that Java 8 does not have.
    ((java.nio.Buffer) in).position(offset);
  }

  /**
   * Reads the tag.
   *
   * @return false at the end of a walk
   * @throws ZhifuyunException the error, if this is one
   */
  boolean open() {
    switch (in.get()) {
      case 0:
        return true;
      case 1:
        throw Errors.of(map(value()));
      case 2:
        throw Errors.interrupted(null, flag());
      default:
        return false;
    }
  }

  static long id(byte[] reply) {
    Reader in = new Reader(reply);
    in.open();
    return in.int64();
  }

  static @Nullable Object value(byte[] reply) {
    Reader in = new Reader(reply);
    in.open();
    return in.value();
  }

  int int8() {
    return in.get() & 0xff;
  }

  int int32() {
    return in.getInt();
  }

  long int64() {
    return in.getLong();
  }

  boolean flag() {
    return in.get() != 0;
  }

  String string() {
    int length = in.getInt();
    int start = in.position();
    ((java.nio.Buffer) in).position(start + length);
    return new String(bytes, start, length, StandardCharsets.UTF_8);
  }

  Instant instant() {
    long seconds = in.getLong();
    return Instant.ofEpochSecond(seconds, in.getInt());
  }

  <T> @Nullable T optional(Function<Reader, T> read) {
    return flag() ? read.apply(this) : null;
  }

  /** Begins a record: what was sent beyond its fields. The fields follow, in order. */
  Map<String, Object> begin() {
    mask = in.getShort();
    return entries();
  }

  private boolean there() {
    boolean there = (mask & 1) != 0;
    mask >>>= 1;
    return there;
  }

  @Nullable String text() {
    return there() ? string() : null;
  }

  /** A text that is always there. */
  String id() {
    there();
    return string();
  }

  @Nullable Instant time() {
    return there() ? instant() : null;
  }

  @Nullable LocalDate date() {
    return there() ? LocalDate.ofEpochDay(in.getInt()) : null;
  }

  @Nullable Long count() {
    return there() ? Long.valueOf(in.getLong()) : null;
  }

  @Nullable Double number() {
    return there() ? Double.valueOf(in.getDouble()) : null;
  }

  <T extends OpenEnum> @Nullable T token(List<T> known) {
    if (!there()) {
      return null;
    }
    int index = int8();
    return index == OTHER ? OpenEnum.find(known, string()) : known.get(index);
  }

  <T> List<T> list(Maker<T> maker) {
    if (!there()) {
      return Collections.emptyList();
    }
    int outer = mask;
    List<T> list = records(maker);
    mask = outer;
    return list;
  }

  <T> List<T> records(Maker<T> maker) {
    int length = in.getInt();
    List<T> list = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      list.add(maker.make(this, null));
    }
    return Collections.unmodifiableList(list);
  }

  /** Any JSON value: null, Boolean, Long, Double, BigInteger, BigDecimal, String, List or Map. */
  @Nullable Object value() {
    int tag = int8();
    switch (tag) {
      case 1:
      case 2:
        return tag == 2;
      case 3:
        return in.getLong();
      case 4:
        return in.getDouble();
      case 5:
        return big(string());
      case 6:
        return string();
      case 7:
        int length = in.getInt();
        List<@Nullable Object> list = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
          list.add(value());
        }
        return Collections.unmodifiableList(list);
      case 8:
        return entries();
      default:
        return null;
    }
  }

  private static Number big(String digits) {
    BigDecimal number = new BigDecimal(digits);
    return number.scale() <= 0 ? number.toBigInteger() : number;
  }

  /** A map of values. */
  Map<String, Object> entries() {
    int length = in.getInt();
    if (length == 0) {
      return Collections.emptyMap();
    }
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < length; i++) {
      String name = string();
      map.put(name, value());
    }
    return Collections.unmodifiableMap(map);
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(@Nullable Object value) {
    return value instanceof Map ? (Map<String, Object>) value : Collections.emptyMap();
  }
}
