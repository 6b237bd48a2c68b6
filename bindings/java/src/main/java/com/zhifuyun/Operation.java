package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/** An operation: its name, and how its result is read. The only list of them in Java. */
final class Operation<T> {
  private static final Reader.Maker<Conversation> CONVERSATION = Conversation::new;
  private static final Reader.Maker<Ticket> TICKET = Ticket::new;

  static final Operation<@Nullable Void> AUTHENTICATE =
      new Operation<>("authenticate", false, in -> null);
  static final Operation<Page<Conversation>> LIST_CONVERSATIONS =
      page("conversations.list", CONVERSATION);
  static final Operation<Page<Conversation>> WALK_CONVERSATIONS =
      page("conversations.iter", CONVERSATION);
  static final Operation<Conversation> GET_CONVERSATION =
      record("conversations.get", false, CONVERSATION);
  static final Operation<Conversation> CREATE_CONVERSATION =
      record("conversations.create", true, CONVERSATION);
  static final Operation<Page<Ticket>> LIST_TICKETS = page("tickets.list", TICKET);
  static final Operation<Page<Ticket>> WALK_TICKETS = page("tickets.iter", TICKET);
  static final Operation<Ticket> CREATE_TICKET = record("tickets.create", true, TICKET);
  static final Operation<Ticket> UPDATE_TICKET = record("tickets.update", true, TICKET);
  static final Operation<Statistics> GET_STATISTICS =
      record("statistics.get", false, Statistics::new);

  /** Reads a result. */
  interface Result<T> {
    T read(Reader in);
  }

  final String name;
  final boolean writes;
  private final Result<T> result;

  Operation(String name, boolean writes, Result<T> result) {
    this.name = name;
    this.writes = writes;
    this.result = result;
  }

  /** The result; null if the walk has ended. */
  @Nullable T read(Reader in) {
    return in.open() ? result.read(in) : null;
  }

  private static <T> Operation<T> record(String name, boolean writes, Reader.Maker<T> maker) {
    return new Operation<>(name, writes, in -> maker.make(in, new Meta(in)));
  }

  private static <T> Operation<Page<T>> page(String name, Reader.Maker<T> maker) {
    return new Operation<>(name, false, in -> Page.read(in, maker));
  }
}
