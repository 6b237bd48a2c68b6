package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client of the Zhifuyun API whose calls return futures.
 *
 * <p>Every error is in the future, also that of a wrong argument. Cancelling the future, or
 * completing it in any other way, aborts the request. Futures are completed on daemon threads of
 * this library, where a callback may block, or on the executor of the builder; never on the common
 * pool.
 *
 * <pre>{@code
 * try (ZhifuyunAsyncClient client = ZhifuyunAsyncClient.builder().fromEnv().build()) {
 *   client.conversations().get("conv_001").thenAccept(System.out::println).join();
 * }
 * }</pre>
 */
public final class ZhifuyunAsyncClient implements AutoCloseable {
  private final Core core;

  ZhifuyunAsyncClient(Core core) {
    this.core = core;
  }

  /** Starts to configure a client. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * A client configured by the environment.
   *
   * @see ClientBuilder#fromEnv()
   */
  public static ZhifuyunAsyncClient fromEnv() {
    return builder().fromEnv().build();
  }

  /** Conversations. */
  public AsyncConversationsApi conversations() {
    return new AsyncConversationsApi(core);
  }

  /** Tickets. */
  public AsyncTicketsApi tickets() {
    return new AsyncTicketsApi(core);
  }

  /** Statistics. */
  public AsyncStatisticsApi statistics() {
    return new AsyncStatisticsApi(core);
  }

  /** The same client with calls that wait: one token, one quota, and closed together. */
  public ZhifuyunClient sync() {
    return new ZhifuyunClient(core);
  }

  /**
   * Gets an access token now, to see whether the credentials are good. Calls do so by themselves.
   */
  public CompletableFuture<@Nullable Void> authenticate() {
    return core.submit(Operation.AUTHENTICATE, Request.NONE, RequestOptions.DEFAULT);
  }

  /** How much of the plan is used. No request is made. */
  public Quota quota() {
    return core.quota();
  }

  /** Refuses further calls and closes idle connections. Calls under way end as they would. */
  @Override
  public void close() {
    core.close();
  }

  @Override
  public String toString() {
    return "ZhifuyunAsyncClient{" + core + '}';
  }

  /** The options of a {@link ZhifuyunAsyncClient}. */
  public static final class Builder extends ClientBuilder<Builder> {
    Builder() {}

    /**
     * The client. No connection is made.
     *
     * @throws ConfigException if an option is missing or makes no sense
     */
    public ZhifuyunAsyncClient build() {
      return new ZhifuyunAsyncClient(core());
    }
  }
}
