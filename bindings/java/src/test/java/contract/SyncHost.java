package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.zhifuyun.Listing;
import com.zhifuyun.Model;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.ZhifuyunClient;
import com.zhifuyun.ZhifuyunException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The synchronous client. */
final class SyncHost implements Host {
  private final ZhifuyunClient client;

  SyncHost(JsonNode options) {
    client = Host.options(ZhifuyunClient.builder(), options).build();
  }

  @Override
  public List<Outcome> call(
      String name, JsonNode args, RequestOptions options, int times, int parallel) {
    if (parallel == 1) {
      List<Outcome> all = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        all.add(one(name, args, options));
      }
      return all;
    }
    ExecutorService threads = Executors.newFixedThreadPool(parallel);
    try {
      Callable<Outcome> one = () -> one(name, args, options);
      List<Outcome> all = new ArrayList<>();
      for (Future<Outcome> f : threads.invokeAll(Collections.nCopies(times, one))) {
        all.add(f.get());
      }
      return all;
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      threads.shutdown();
    }
  }

  private Outcome one(String name, JsonNode args, RequestOptions options) {
    try {
      return Outcome.done(result(name, args, options));
    } catch (ZhifuyunException e) {
      return Outcome.failed(e);
    }
  }

  private Object result(String name, JsonNode args, RequestOptions options) {
    String id = args.path("id").textValue();
    switch (name) {
      case "conversations.list":
        return client.conversations().list(Arguments.conversations(args), options);
      case "conversations.get":
        return client.conversations().get(id, options);
      case "conversations.create":
        return client.conversations().create(Arguments.conversation(args), options);
      case "tickets.list":
        return client.tickets().list(Arguments.tickets(args), options);
      case "tickets.create":
        return client.tickets().create(Arguments.ticket(args), options);
      case "tickets.update":
        return client.tickets().update(id, Arguments.update(args), options);
      case "statistics.get":
        return client.statistics().get(Arguments.statistics(args), options);
      case "quota":
        return Project.quota(client.quota());
      case "authenticate":
        client.authenticate();
        return Map.of();
      case "close":
        client.close();
        return Map.of();
      default:
        throw new AssertionError("unknown call " + name);
    }
  }

  @Override
  public Outcome iterate(Walking w) {
    switch (w.name()) {
      case "conversations.iter":
        return read(
            client
                .conversations()
                .iterate(Arguments.conversations(w.args()), w.walk(), w.options()),
            w);
      case "tickets.iter":
        return read(
            client.tickets().iterate(Arguments.tickets(w.args()), w.walk(), w.options()), w);
      default:
        throw new AssertionError("unknown iteration " + w.name());
    }
  }

  private static <T extends Model> Outcome read(Listing<T> listing, Walking walking) {
    List<T> seen = new ArrayList<>();
    JsonNode error = null;
    try {
      Iterator<T> items = listing.iterator();
      while (seen.size() < walking.stopAfter() && items.hasNext()) {
        seen.add(items.next());
        walking.afterItem().accept(seen.size());
      }
    } catch (ZhifuyunException e) {
      error = Project.error(e);
    }
    return new Outcome(Project.json(Project.walked(seen, listing.report())), error);
  }

  @Override
  public void close() {
    client.close();
  }
}
