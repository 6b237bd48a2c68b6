package com.zhifuyun;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something the API returns. Immutable. Two of them are equal if they are of the same class and
 * their fields and {@link #getExtra()} are; how the call went does not matter.
 */
public abstract class Model {
  private final Map<String, Object> extra;
  private final @Nullable Meta meta;

  Model(Map<String, Object> extra, @Nullable Meta meta) {
    this.extra = extra;
    this.meta = meta;
  }

  /**
   * What the server sent beyond the fields that this version knows, and values they could not hold,
   * by their names: null, Boolean, Long, Double, BigInteger, String, List and Map.
   */
  public final Map<String, Object> getExtra() {
    return extra;
  }

  /** How the call went that brought this; null for the items of a page. */
  public final @Nullable Meta meta() {
    return meta;
  }

  /** Names and values of the fields in turn. */
  abstract @Nullable Object[] fields();

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && ((Model) other).extra.equals(extra)
        && Arrays.equals(((Model) other).fields(), fields());
  }

  @Override
  public final int hashCode() {
    return Arrays.hashCode(fields()) * 31 + extra.hashCode();
  }

  @Override
  public final String toString() {
    StringBuilder out = new StringBuilder(getClass().getSimpleName()).append('{');
    Object[] fields = fields();
    for (int i = 0; i + 1 < fields.length; i += 2) {
      out.append(fields[i]).append('=').append(fields[i + 1]).append(", ");
    }
    return out.append("extra=").append(extra).append('}').toString();
  }
}
