package com.zhifuyun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody closed, or nobody read to its end, holds no connection for ever. */
@Timeout(120)
class LeaksTest {
  private static final String SEEDED = "{\"seed\":{\"conversations\":3,\"tickets\":250}}";

  /** The sockets of this process, where the operating system shows them. */
  private static int sockets() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return 0;
    }
    int n = 0;
    List<Path> all;
    try (Stream<Path> listed = Files.list(descriptors)) {
      all = listed.toList();
    }
    for (Path one : all) {
      try {
        n += Files.readSymbolicLink(one).toString().startsWith("socket:") ? 1 : 0;
      } catch (IOException e) {
        // Closed meanwhile.
      }
    }
    return n;
  }

  /** Asks the mock server now, so that the connection of the tests themselves is counted. */
  private static Mock mock() {
    Mock mock = new Mock(SEEDED);
    mock.requests();
    return mock;
  }

  @Test
  void abandonedIterationsShareConnections() throws Exception {
    Mock mock = mock();
    int before = sockets();
    try (ZhifuyunClient client = mock.builder().build()) {
      List<Stream<Ticket>> kept = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Stream<Ticket> tickets = client.tickets().iterate(q -> q.limit(1)).stream();
        assertTrue(tickets.findFirst().isPresent());
        kept.add(tickets);
      }
      assertEquals(200, kept.size());
      assertTrue(sockets() <= before + 4, "one connection, not one for each");
    }
    Mock.until(() -> sockets() <= before);
  }

  @Test
  void burstsDoNotStay() throws Exception {
    Mock mock = mock();
    int before = sockets();
    Duration idle = Duration.ofMillis(100);
    try (ZhifuyunClient client = mock.builder().poolIdleTimeout(idle).build()) {
      CyclicBarrier together = new CyclicBarrier(40);
      List<FutureTask<Page<Ticket>>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        all.add(
            new FutureTask<>(
                () -> {
                  together.await();
                  return client.tickets().list(q -> q.limit(100));
                }));
        new Thread(all.get(i)).start();
      }
      for (FutureTask<Page<Ticket>> one : all) {
        assertEquals(100, one.get().getItems().size());
      }
      Mock.until(
          () -> {
            client.tickets().list();
            return sockets() <= before + 4;
          });
    }
  }

  @Test
  void whatIsForgottenIsReleased() throws Exception {
    Mock mock = mock();
    int before = sockets();
    int alive = Reaper.alive();
    forget(mock);
    // Nobody makes a call any more, and nobody makes a client.
    Mock.until(
        () -> {
          System.gc();
          return Reaper.alive() <= alive && sockets() <= before;
        });
  }

  private static void forget(Mock mock) {
    ZhifuyunClient client = mock.builder().build();
    client.conversations().list();
    client.async().conversations().list().join();
    assertTrue(client.tickets().iterate().iterator().hasNext());
  }

  /** The thread of the safety net must not outlive its work: it keeps a class loader alive. */
  @Test
  void nothingToReleaseNeedsNoThread() throws Exception {
    forget(mock());
    Mock.until(
        () -> {
          System.gc();
          return Reaper.alive() == 0
              && Thread.getAllStackTraces().keySet().stream()
                  .noneMatch(thread -> thread.getName().equals("zhifuyun-reaper"));
        });
    forget(mock());
    Mock.until(
        () -> {
          System.gc();
          return Reaper.alive() == 0;
        });
  }
}
