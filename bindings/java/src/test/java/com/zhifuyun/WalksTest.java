package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pages that are asked for, waited for, and waited for no more. */
@Timeout(120)
class WalksTest {
  private static final String SEEDED = "{\"seed\":{\"conversations\":0,\"tickets\":200}}";

  /** The answer is there, and its reader gone, before the future is completed. */
  @Test
  void aPageThatComesTooLateWaitsForTheNextReader() throws Exception {
    Mock mock = new Mock("{\"seed\":{\"conversations\":0,\"tickets\":150}}");
    Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    try (ZhifuyunAsyncClient client = mock.asyncBuilder().executor(tasks::add).build()) {
      AsyncListing<Ticket> listing = client.tickets().iterate(q -> q.limit(100));
      CompletableFuture<Page<Ticket>> late = listing.nextPage();
      Mock.until(() -> !tasks.isEmpty());
      assertTrue(late.cancel(true));
      tasks.remove().run();
      assertEquals(0, listing.report().getItems());

      List<Long> pages = new ArrayList<>();
      for (Page<Ticket> page = next(listing, tasks); page != null; page = next(listing, tasks)) {
        pages.add(page.getPage());
      }
      assertEquals(List.of(1L, 2L), pages);
      assertEquals(2, listing.report().getRequests());
      assertEquals(150, listing.report().getItems());
      assertEquals(2, mock.requests());
    }
  }

  private static Page<Ticket> next(AsyncListing<Ticket> listing, Queue<Runnable> tasks)
      throws Exception {
    CompletableFuture<Page<Ticket>> page = listing.nextPage();
    while (!page.isDone()) {
      Mock.until(() -> !tasks.isEmpty() || page.isDone());
      if (!tasks.isEmpty()) {
        tasks.remove().run();
      }
    }
    return page.join();
  }

  @Test
  void cancellingAtAnyMomentLosesNothing() throws Exception {
    Mock mock = new Mock(SEEDED);
    try (ZhifuyunAsyncClient client = mock.asyncBuilder().build()) {
      for (int prefetch : new int[] {0, 2}) {
        WalkOptions how = WalkOptions.DEFAULT.prefetch(prefetch);
        AsyncListing<Ticket> listing = client.tickets().iterate(q -> q.limit(4), how);
        Set<String> seen = new HashSet<>();
        for (int n = 0; ; n++) {
          CompletableFuture<Page<Ticket>> future = listing.nextPage();
          // Up to about the time that an answer takes.
          long until = System.nanoTime() + n % 40 * 50_000L;
          while (n % 4 != 0 && System.nanoTime() < until) {
            Thread.onSpinWait();
          }
          if (n % 4 != 0 && future.cancel(true)) {
            continue;
          }
          Page<Ticket> page = future.join();
          if (page == null) {
            break;
          }
          page.getItems().forEach(ticket -> assertTrue(seen.add(ticket.getId()), "twice"));
        }
        assertEquals(200, seen.size());
        assertEquals(0, listing.report().getDuplicates());
        assertTrue(listing.report().isComplete());
      }
    }
  }

  @Test
  void askingForSeveralPagesAtOnceBringsEach() {
    Mock mock = new Mock(SEEDED);
    try (ZhifuyunAsyncClient client = mock.asyncBuilder().build()) {
      AsyncListing<Ticket> listing = client.tickets().iterate(q -> q.limit(20));
      List<CompletableFuture<Page<Ticket>>> asked = new ArrayList<>();
      for (int i = 0; i < 14; i++) {
        asked.add(listing.nextPage());
      }
      AtomicInteger items = new AtomicInteger();
      asked.forEach(f -> items.addAndGet(f.join() == null ? 0 : f.join().getItems().size()));
      assertEquals(200, items.get());
      assertNull(listing.nextPage().join());
    }
  }

  @Test
  void failuresAreInTheFuture() {
    Mock mock = new Mock(SEEDED);
    ZhifuyunAsyncClient client = mock.asyncBuilder().build();
    AsyncListing<Ticket> wrong = client.tickets().iterate(q -> q.limit(1000));
    assertTrue(wrong.nextPage().isCompletedExceptionally());
    assertTrue(wrong.toList().isCompletedExceptionally());
    AsyncListing<Ticket> closed = client.tickets().iterate(q -> q.limit(10));
    assertFalse(closed.nextPage().join().getItems().isEmpty());
    client.close();
    CompletableFuture<Page<Ticket>> next = closed.nextPage();
    assertTrue(next.handle((page, error) -> error instanceof ClosedException).join());
  }
}
