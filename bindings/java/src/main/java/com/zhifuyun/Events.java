package com.zhifuyun;

import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tells a listener and the log what a client did. */
final class Events {
  static final Logger LOG = Logger.getLogger("com.zhifuyun");

  private final @Nullable Consumer<ClientEvent> listener;

  Events(@Nullable Consumer<ClientEvent> listener) {
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
      ClientEvent event = new ClientEvent(Reader.map(data));
      boolean news = event.getName().equals("retry") || event.getName().equals("wait");
      LOG.log(news ? Level.INFO : Level.FINE, "{0}", event);
      if (listener != null) {
        try {
          listener.accept(event);
        } catch (Throwable e) {
          // Of any kind: the result of the call is worth more.
          LOG.log(Level.WARNING, "a listener failed", e);
        }
      }
    }
  }
}
