package contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.zhifuyun.AsyncListing;
import com.zhifuyun.Model;
import com.zhifuyun.Page;
import com.zhifuyun.RequestOptions;
import com.zhifuyun.ZhifuyunAsyncClient;
import com.zhifuyun.ZhifuyunException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/** The asynchronous client. */
final class AsyncHost implements Host {
  private final ZhifuyunAsyncClient client;

  AsyncHost(JsonNode options) {
    client = Host.options(ZhifuyunAsyncClient.builder(), options).build();
  }

  @Override
  public List<Outcome> call(
      String name, JsonNode args, RequestOptions options, int times, int parallel) {
    Semaphore room = new Semaphore(parallel);
    List<CompletableFuture<Outcome>> calls = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      room.acquireUninterruptibly();
      CompletableFuture<?> call = start(name, args, options);
      call.whenComplete((value, error) -> room.release());
      calls.add(call.handle(AsyncHost::outcome));
    }
    return calls.stream().map(CompletableFuture::join).collect(Collectors.toList());
  }

  private static Outcome outcome(Object value, Throwable error) {
    return error == null ? Outcome.done(value) : Outcome.failed(own(error));
  }

  private static ZhifuyunException own(Throwable error) {
    Throwable e = error instanceof CompletionException ? error.getCause() : error;
    if (e instanceof ZhifuyunException own) {
      return own;
    }
    throw new AssertionError(e);
  }

  private CompletableFuture<?> start(String name, JsonNode args, RequestOptions options) {
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
        return CompletableFuture.completedFuture(Project.quota(client.quota()));
      case "authenticate":
        return client.authenticate().thenApply(nothing -> Map.of());
      case "close":
        client.close();
        return CompletableFuture.completedFuture(Map.of());
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

  private static <T extends Model> Outcome read(AsyncListing<T> listing, Walking walking) {
    List<T> seen = new ArrayList<>();
    JsonNode error = null;
    try {
      Page<T> page = walking.stopAfter() == 0 ? null : listing.nextPage().join();
      while (page != null) {
        for (T item : page.getItems()) {
          if (seen.size() < walking.stopAfter()) {
            seen.add(item);
            walking.afterItem().accept(seen.size());
          }
        }
        page = seen.size() < walking.stopAfter() ? listing.nextPage().join() : null;
      }
    } catch (CompletionException e) {
      error = Project.error(own(e));
    }
    return new Outcome(Project.json(Project.walked(seen, listing.report())), error);
  }

  @Override
  public void close() {
    client.close();
  }
}
