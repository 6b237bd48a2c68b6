package com.zhifuyun;

import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Level;

/** Tells a listener what a client did. */
final class Events {
  private final Consumer<ClientEvent> listener;

  Events(Consumer<ClientEvent> listener) {
    this.listener = listener;
  }

  /** Tells what gathered. A listener that fails is logged; the call that it heard of goes on. */
  void tell(long client) {
    Object gathered;
    try {
      gathered = Reader.value(Native.events(client));
    } catch (ClosedException e) {
      return;
    }
    for (Object data : (List<?>) gathered) {
      try {
        listener.accept(new ClientEvent(Reader.map(data)));
      } catch (Throwable e) {
        // Of any kind: the result of the call is worth more.
        Log.LOGGER.log(Level.WARNING, "a listener failed", e);
      }
    }
  }
}
