package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/**
 * An operation: its name, and how its result is read. The only list of them in Java. Numbers
 * instead of subclasses or lambdas: this is on the way to the first answer of a process, where each
 * class takes a quarter of a millisecond, and the first lambda ten.
 */
final class Operation<T> {
  private static final int NOTHING = 0;
  private static final int CONVERSATION = 1;
  private static final int TICKET = 2;
  private static final int STATISTICS = 3;

  static final Operation<@Nullable Void> AUTHENTICATE = ofNothing("authenticate");
  static final Operation<Page<Conversation>> LIST_CONVERSATIONS =
      ofPage("conversations.list", CONVERSATION);
  static final Operation<Page<Conversation>> WALK_CONVERSATIONS =
      ofPage("conversations.iter", CONVERSATION);
  static final Operation<Conversation> GET_CONVERSATION =
      ofRecord("conversations.get", CONVERSATION, false);
  static final Operation<Conversation> CREATE_CONVERSATION =
      ofRecord("conversations.create", CONVERSATION, true);
  static final Operation<Page<Ticket>> LIST_TICKETS = ofPage("tickets.list", TICKET);
  static final Operation<Page<Ticket>> WALK_TICKETS = ofPage("tickets.iter", TICKET);
  static final Operation<Ticket> CREATE_TICKET = ofRecord("tickets.create", TICKET, true);
  static final Operation<Ticket> UPDATE_TICKET = ofRecord("tickets.update", TICKET, true);
  static final Operation<Statistics> GET_STATISTICS = ofRecord("statistics.get", STATISTICS, false);

  final String name;
  final boolean writes;
  private final int model;
  private final boolean pages;

  private Operation(String name, int model, boolean pages, boolean writes) {
    this.name = name;
    this.model = model;
    this.pages = pages;
    this.writes = writes;
  }

  static Operation<@Nullable Void> ofNothing(String name) {
    return new Operation<>(name, NOTHING, false, false);
  }

  private static <T> Operation<T> ofRecord(String name, int model, boolean writes) {
    return new Operation<>(name, model, false, writes);
  }

  private static <T> Operation<Page<T>> ofPage(String name, int model) {
    return new Operation<>(name, model, true, false);
  }

  /** The result; null if there is none to come, or if the walk has ended. */
  @SuppressWarnings("unchecked")
  @Nullable T read(Reader in) {
    if (!in.open(name) || model == NOTHING) {
      return null;
    }
    Meta meta = new Meta(in);
    return (T) (pages ? new Page<>(in, this, meta) : record(in, meta));
  }

  /** One of what this is about. An Object, or the machine would load all of them to compare. */
  Object record(Reader in, @Nullable Meta meta) {
    switch (model) {
      case CONVERSATION:
        return new Conversation(in, meta);
      case TICKET:
        return new Ticket(in, meta);
      default:
        return new Statistics(in, meta);
    }
  }
}
