package com.zhifuyun;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/** Threads as later versions of Java know them, asked for in a way that Java 8 understands. */
final class Threads {
  private static final @Nullable MethodHandle IS_VIRTUAL = isVirtual();
  private static final @Nullable MethodHandle PLAIN = plain();

  private Threads() {}

  private static @Nullable MethodHandle isVirtual() {
    try {
      MethodType type = MethodType.methodType(boolean.class);
      return MethodHandles.publicLookup().findVirtual(Thread.class, "isVirtual", type);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** The constructor that leaves out the inheritable thread locals of whoever makes the thread. */
  private static @Nullable MethodHandle plain() {
    try {
      MethodType type =
          MethodType.methodType(
              void.class,
              ThreadGroup.class,
              Runnable.class,
              String.class,
              long.class,
              boolean.class);
      return MethodHandles.publicLookup().findConstructor(Thread.class, type);
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

  private static Thread make(String name, Runnable work) {
    if (PLAIN == null) {
      return new Thread(work, name);
    }
    try {
      return (Thread) PLAIN.invokeExact((ThreadGroup) null, work, name, 0L, false);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
