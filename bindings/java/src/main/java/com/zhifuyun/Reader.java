package com.zhifuyun;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
 * written. What is small takes a byte, read without calls: the first page is read by an
 * interpreter.
 */
final class Reader {
  private static final int OTHER = 0xff;

  private final byte[] bytes;
  private final ByteBuffer wide;
  private int at;
  private int mask;

  Reader(byte[] bytes) {
    this(bytes, 0);
  }

  Reader(byte[] bytes, int offset) {
    this.bytes = bytes;
    this.wide = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.at = offset;
  }

  /**
   * Reads the tag.
   *
   * @param operation for the message, if it was interrupted
   * @return false at the end of a walk
   * @throws ZhifuyunException the error, if this is one
   */
  boolean open(@Nullable String operation) {
    switch (int8()) {
      case 0:
        return true;
      case 1:
        throw Errors.of(map(value()));
      case 2:
        throw Errors.interrupted(operation, flag());
      default:
        return false;
    }
  }

  static long id(byte[] reply) {
    Reader in = new Reader(reply);
    in.open(null);
    return in.int64();
  }

  static @Nullable Object value(byte[] reply) {
    Reader in = new Reader(reply);
    in.open(null);
    return in.value();
  }

  int int8() {
    return bytes[at++] & 0xff;
  }

  /** A number that is rarely above 127, seven bits to a byte, the low ones first. */
  int size() {
    int size = bytes[at++];
    if (size < 0) {
      size &= 0x7f;
      int shift = 0;
      byte part;
      do {
        part = bytes[at++];
        shift += 7;
        size |= (part & 0x7f) << shift;
      } while (part < 0);
    }
    return size;
  }

  long int64() {
    at += 8;
    return wide.getLong(at - 8);
  }

  private double float64() {
    return Double.longBitsToDouble(int64());
  }

  boolean flag() {
    return bytes[at++] != 0;
  }

  /** The length is followed by a bit: whether it is more than ASCII, which need not be decoded. */
  String string() {
    int size = size();
    int start = at;
    at = start + (size >>> 1);
    return new String(bytes, start, size >>> 1, (size & 1) == 0 ? ISO_8859_1 : UTF_8);
  }

  Instant instant() {
    long seconds = int64();
    return Instant.ofEpochSecond(seconds, size());
  }

  <T> @Nullable T optional(Function<Reader, T> read) {
    return flag() ? read.apply(this) : null;
  }

  /** Begins a record: what was sent beyond its fields. The fields follow, in order. */
  Map<String, Object> begin() {
    mask = size();
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
    return there() ? LocalDate.ofEpochDay(int64()) : null;
  }

  @Nullable Long count() {
    return there() ? Long.valueOf(int64()) : null;
  }

  @Nullable Double number() {
    return there() ? Double.valueOf(float64()) : null;
  }

  <T extends OpenEnum> @Nullable T token(List<T> known) {
    if (!there()) {
      return null;
    }
    int index = int8();
    return index == OTHER ? OpenEnum.find(known, string()) : known.get(index);
  }

  <T> List<T> list(Function<Reader, T> read) {
    if (!there()) {
      return Collections.emptyList();
    }
    int outer = mask;
    int length = size();
    List<T> list = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      list.add(read.apply(this));
    }
    mask = outer;
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
        return int64();
      case 4:
        return float64();
      case 5:
        return big(string());
      case 6:
        return string();
      case 7:
        int length = size();
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
    int length = size();
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
