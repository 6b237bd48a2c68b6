package com.zhifuyun;

import java.util.function.Consumer;

/** The statistics. */
public final class StatisticsApi {
  private final Core core;

  StatisticsApi(Core core) {
    this.core = core;
  }

  /** Numbers over a period. With the defaults. */
  public Statistics get() {
    return get(GetStatistics.builder().build());
  }

  /** Numbers over a period. */
  public Statistics get(Consumer<GetStatistics.Builder> request) {
    return get(request, RequestOptions.DEFAULT);
  }

  /** Numbers over a period. */
  public Statistics get(Consumer<GetStatistics.Builder> request, RequestOptions options) {
    return get(Request.filled(GetStatistics.builder(), request).build(), options);
  }

  /** Numbers over a period. */
  public Statistics get(GetStatistics request) {
    return get(request, RequestOptions.DEFAULT);
  }

  /** Numbers over a period. */
  public Statistics get(GetStatistics request, RequestOptions options) {
    return core.call(Operation.GET_STATISTICS, request, options);
  }
}
