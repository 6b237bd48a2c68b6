package com.zhifuyun;

/**
 * A client of the Zhifuyun API whose calls return when they are done.
 *
 * <p>Make one and share it: it is immutable, safe for any number of threads, platform or virtual,
 * and keeps connections, token and quota. A call throws a {@link ZhifuyunException}; an interrupt
 * of its thread cancels it with a {@link CallInterruptedException}.
 *
 * <pre>{@code
 * try (ZhifuyunClient client = ZhifuyunClient.builder().fromEnv().build()) {
 *   Page<Conversation> page = client.conversations().list(q -> q.status("active").limit(50));
 *   for (Ticket ticket : client.tickets().iterate(q -> q.priority(Priority.HIGH))) {
 *     System.out.println(ticket.getId() + " " + ticket.getTitle());
 *   }
 * }
 * }</pre>
 */
public final class ZhifuyunClient implements AutoCloseable {
  private final Core core;

  ZhifuyunClient(Core core) {
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
  public static ZhifuyunClient fromEnv() {
    return builder().fromEnv().build();
  }

  /** Conversations. */
  public ConversationsApi conversations() {
    return new ConversationsApi(core);
  }

  /** Tickets. */
  public TicketsApi tickets() {
    return new TicketsApi(core);
  }

  /** Statistics. */
  public StatisticsApi statistics() {
    return new StatisticsApi(core);
  }

  /** The same client with futures: one token, one quota, and closed together with this one. */
  public ZhifuyunAsyncClient async() {
    return new ZhifuyunAsyncClient(core);
  }

  /**
   * Gets an access token now, to see whether the credentials are good. Calls do so by themselves.
   */
  public void authenticate() {
    core.call(Operation.AUTHENTICATE, Request.NONE, RequestOptions.DEFAULT);
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
    return "ZhifuyunClient{" + core + '}';
  }

  /** The options of a {@link ZhifuyunClient}. */
  public static final class Builder extends ClientBuilder<Builder> {
    Builder() {}

    /**
     * The client. No connection is made.
     *
     * @throws ConfigException if an option is missing or makes no sense
     */
    public ZhifuyunClient build() {
      return new ZhifuyunClient(core());
    }
  }
}
