package com.zhifuyun;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/** Threads as later versions of Java know them, asked for in a way that Java 8 understands. */
final class Threads {
  private static final @Nullable MethodHandle IS_VIRTUAL = isVirtual();

  private Threads() {}

  private static @Nullable MethodHandle isVirtual() {
    try {
      // By reflection: looking for a handle of a method that is not there takes milliseconds.
      return MethodHandles.publicLookup().unreflect(Thread.class.getMethod("isVirtual"));
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  static boolean isCurrentVirtual() {
    if (IS_VIRTUAL == null) {
      return false;
    }
    try {
      return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts a thread that keeps neither the machine nor anything of its maker alive. */
  static void startDaemon(String name, Runnable work) {
    Thread thread = make(name, work);
    thread.setDaemon(true);
    thread.setContextClassLoader(Threads.class.getClassLoader());
    thread.start();
  }

  /** Without the inheritable thread locals of whoever makes the thread, where Java can do so. */
  private static Thread make(String name, Runnable work) {
    try {
      return Thread.class
          .getConstructor(
              ThreadGroup.class, Runnable.class, String.class, long.class, boolean.class)
          .newInstance(null, work, name, 0L, false);
    } catch (ReflectiveOperationException e) {
      return new Thread(work, name);
    }
  }
}
