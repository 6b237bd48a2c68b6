package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The statistics. Every error is in the future. */
public final class AsyncStatisticsApi {
  private final Core core;

  AsyncStatisticsApi(Core core) {
    this.core = core;
  }

  /** Numbers over a period. With the defaults. */
  public CompletableFuture<Statistics> get() {
    return get(GetStatistics.builder().build());
  }

  /** Numbers over a period. */
  public CompletableFuture<Statistics> get(Consumer<GetStatistics.Builder> request) {
    return get(request, RequestOptions.DEFAULT);
  }

  /** Numbers over a period. */
  public CompletableFuture<Statistics> get(
      Consumer<GetStatistics.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.GET_STATISTICS,
        () -> Request.filled(GetStatistics.builder(), request).build(),
        options);
  }

  /** Numbers over a period. */
  public CompletableFuture<Statistics> get(GetStatistics request) {
    return get(request, RequestOptions.DEFAULT);
  }

  /** Numbers over a period. */
  public CompletableFuture<Statistics> get(GetStatistics request, RequestOptions options) {
    return core.submit(Operation.GET_STATISTICS, request, options);
  }
}
