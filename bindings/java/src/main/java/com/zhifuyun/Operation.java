package com.zhifuyun;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An operation: its name, and how its result is read. The only list of them in Java. */
final class Operation<T> {
  static final Operation<@Nullable Void> AUTHENTICATE =
      new Operation<>("authenticate", false, in -> null);
  static final Operation<Page<Conversation>> LIST_CONVERSATIONS =
      page("conversations.list", Conversation::new);
  static final Operation<Page<Conversation>> WALK_CONVERSATIONS =
      page("conversations.iter", Conversation::new);
  static final Operation<Conversation> GET_CONVERSATION =
      record("conversations.get", false, Conversation::new);
  static final Operation<Conversation> CREATE_CONVERSATION =
      record("conversations.create", true, Conversation::new);
  static final Operation<Page<Ticket>> LIST_TICKETS = page("tickets.list", Ticket::new);
  static final Operation<Page<Ticket>> WALK_TICKETS = page("tickets.iter", Ticket::new);
  static final Operation<Ticket> CREATE_TICKET = record("tickets.create", true, Ticket::new);
  static final Operation<Ticket> UPDATE_TICKET = record("tickets.update", true, Ticket::new);
  static final Operation<Statistics> GET_STATISTICS =
      record("statistics.get", false, Statistics::new);

  final String name;
  final boolean writes;
  final Function<Reader, T> read;

  Operation(String name, boolean writes, Function<Reader, T> read) {
    this.name = name;
    this.writes = writes;
    this.read = read;
  }

  private static <T> Operation<T> record(String name, boolean writes, Reader.Maker<T> maker) {
    return new Operation<>(name, writes, in -> maker.make(in, new Meta(in)));
  }

  private static <T> Operation<Page<T>> page(String name, Reader.Maker<T> maker) {
    return new Operation<>(name, false, in -> Page.read(in, maker));
  }
}
