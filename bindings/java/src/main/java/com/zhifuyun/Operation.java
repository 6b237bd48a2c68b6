package com.zhifuyun;

import org.jspecify.annotations.Nullable;

/**
 * An operation: its name, and how its result is read. The only list of them in Java. Classes, not
 * lambdas, as all that the first call of a process needs: its first lambda takes 10 ms.
 */
abstract class Operation<T> {
  private static final Reader.Maker<Conversation> CONVERSATION =
      new Reader.Maker<Conversation>() {
        @Override
        public Conversation make(Reader in, @Nullable Meta meta) {
          return new Conversation(in, meta);
        }
      };
  private static final Reader.Maker<Ticket> TICKET =
      new Reader.Maker<Ticket>() {
        @Override
        public Ticket make(Reader in, @Nullable Meta meta) {
          return new Ticket(in, meta);
        }
      };
  private static final Reader.Maker<Statistics> STATISTICS =
      new Reader.Maker<Statistics>() {
        @Override
        public Statistics make(Reader in, @Nullable Meta meta) {
          return new Statistics(in, meta);
        }
      };

  static final Operation<@Nullable Void> AUTHENTICATE = new OfNothing("authenticate");
  static final Operation<Page<Conversation>> LIST_CONVERSATIONS =
      new OfPage<>("conversations.list", CONVERSATION);
  static final Operation<Page<Conversation>> WALK_CONVERSATIONS =
      new OfPage<>("conversations.iter", CONVERSATION);
  static final Operation<Conversation> GET_CONVERSATION =
      new OfRecord<>("conversations.get", false, CONVERSATION);
  static final Operation<Conversation> CREATE_CONVERSATION =
      new OfRecord<>("conversations.create", true, CONVERSATION);
  static final Operation<Page<Ticket>> LIST_TICKETS = new OfPage<>("tickets.list", TICKET);
  static final Operation<Page<Ticket>> WALK_TICKETS = new OfPage<>("tickets.iter", TICKET);
  static final Operation<Ticket> CREATE_TICKET = new OfRecord<>("tickets.create", true, TICKET);
  static final Operation<Ticket> UPDATE_TICKET = new OfRecord<>("tickets.update", true, TICKET);
  static final Operation<Statistics> GET_STATISTICS =
      new OfRecord<>("statistics.get", false, STATISTICS);

  final String name;
  final boolean writes;

  private Operation(String name, boolean writes) {
    this.name = name;
    this.writes = writes;
  }

  /** The result; null if the walk has ended. */
  @Nullable T read(Reader in) {
    return in.open() ? result(in) : null;
  }

  abstract @Nullable T result(Reader in);

  /** Without a result. */
  static final class OfNothing extends Operation<@Nullable Void> {
    OfNothing(String name) {
      super(name, false);
    }

    @Override
    @Nullable Void result(Reader in) {
      return null;
    }
  }

  private static final class OfRecord<T> extends Operation<T> {
    private final Reader.Maker<T> maker;

    OfRecord(String name, boolean writes, Reader.Maker<T> maker) {
      super(name, writes);
      this.maker = maker;
    }

    @Override
    T result(Reader in) {
      return maker.make(in, new Meta(in));
    }
  }

  private static final class OfPage<T> extends Operation<Page<T>> {
    private final Reader.Maker<T> maker;

    OfPage(String name, Reader.Maker<T> maker) {
      super(name, false);
      this.maker = maker;
    }

    @Override
    Page<T> result(Reader in) {
      return Page.read(in, maker);
    }
  }
}
