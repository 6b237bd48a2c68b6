package com.zhifuyun;

import static com.zhifuyun.Machine.java;
import static com.zhifuyun.Machine.library;
import static com.zhifuyun.Machine.run;
import static com.zhifuyun.Machine.withVirtualThreads;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whole virtual machines: how they end, and what they need. */
class ProcessTest {
  private static final String SEED = "{\"seed\":{\"conversations\":3,\"tickets\":250}}";

  @Test
  void endsWithCallsUnderWay() throws Exception {
    Mock mock = new Mock(Mock.SLOW);
    for (String how : new String[] {"exit", "system-exit"}) {
      Machine.Ended ended = run(java(), mock, library(), how);
      assertEquals(how.equals("exit") ? 0 : 3, ended.status(), ended.output());
      assertTrue(ended.millisAfterEnds() < 4000, how + ": " + ended.millisAfterEnds() + " ms");
    }
  }

  @Test
  void jniIsUsedCorrectly() throws Exception {
    Machine.Ended ended = run(java(), new Mock(SEED), library("-Xcheck:jni"), "check");
    assertEquals("checked true\n", ended.output());
    assertEquals(0, ended.status());
  }

  /** The first two would take longer than all the rest of the first call. */
  @Test
  void theFirstCallLoadsNoLambdaNoLogAndNothingOfOthers() throws Exception {
    List<String> options = library("-Xlog:class+load");
    String loaded = run(java(), new Mock(SEED), options, "list").output();
    assertTrue(loaded.contains("com.zhifuyun.Conversation "), loaded);
    for (String slow : List.of("java.util.logging.Logger ", "Lambda/", "Lambda$", ".regex.")) {
      assertFalse(loaded.contains(slow), slow);
    }
    for (String other :
        List.of("ConfigException ", "InvalidArgumentException ", "zhifuyun.Ticket ")) {
      assertFalse(loaded.contains(other), other);
    }
  }

  @Test
  void manyPagesNeedNoMemory() throws Exception {
    int pages = Integer.getInteger("zhifuyun.test.pages", 5_000);
    Machine.Ended ended =
        run(java(), new Mock(SEED), library("-Xmx64m"), "pages", Integer.toString(pages));
    assertEquals(0, ended.status(), ended.output());
    long grown = Long.parseLong(ended.output().replaceAll("[^0-9-]", ""));
    assertTrue(grown < 40_000, ended.output());
  }

  @Test
  void resultsThatDoNotFitFailTheirCalls() throws Exception {
    Mock mock =
        new Mock(
            "{\"faults\":[{\"match\":{\"path\":\"/v1/conversations\"},"
                + "\"action\":{\"body\":{\"items\":100000}}}]}");
    Machine.Ended ended = run(java(), mock, library("-Xmx6m"), "memory");
    assertEquals("OutOfMemoryError\nno room 0\nno room 0\n", ended.output());
    assertEquals(0, ended.status());
    // Here the reply fits and leaves nothing, or too little, to read it with.
    ended = run(java(), mock, library("-Xmx8m"), "memory");
    String said = ended.output();
    assertTrue(said.matches("OutOfMemoryError\n((no room|.*OutOfMemoryError.*) 0\n){2}"), said);
    assertEquals(0, ended.status());
  }

  @Test
  void virtualThreadsDoNotPin() throws Exception {
    Mock mock =
        new Mock(
            "{\"faults\":[{\"match\":{\"path\":\"/v1/conversations\"},"
                + "\"action\":{\"delay_ms\":100}}]}");
    List<Path> machines = withVirtualThreads();
    assertFalse(machines.isEmpty(), "no Java 21 or later; make.sh test gets one");
    for (Path machine : machines) {
      Machine.Ended ended =
          run(machine, mock, library("--enable-native-access=ALL-UNNAMED"), "virtual");
      assertEquals(0, ended.status(), ended.output());
      String[] lines = ended.output().split("\n");
      assertEquals(4, lines.length, ended.output());
      for (String took : List.of(lines[1], lines[2])) {
        assertTrue(Integer.parseInt(took.replaceAll("[^0-9]", "")) < 5000, ended.output());
      }
      assertEquals("CallInterruptedExceptionfalse", lines[3]);
    }
  }

  @Test
  void newerMachinesDoNotWarn() throws Exception {
    for (Path machine : withVirtualThreads()) {
      Machine.Ended ended =
          run(machine, new Mock(SEED), library("--enable-native-access=ALL-UNNAMED"), "list");
      assertEquals("3\n", new String(ended.output().getBytes(), StandardCharsets.UTF_8));
    }
  }
}
