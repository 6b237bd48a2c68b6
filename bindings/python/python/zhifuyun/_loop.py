"""One queue of results per asyncio loop."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Callable

from ._native import Completions

_queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[int, Completions]]
_queues = weakref.WeakKeyDictionary()
_pid = os.getpid()


def _forked() -> None:
    global _pid  # noqa: PLW0603
    _pid = os.getpid()


# Asking in every call would be a system call.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def completions(loop: asyncio.AbstractEventLoop) -> Completions:
    """The queue of this loop in this process."""
    known = _queues.get(loop)
    if known is not None and known[0] == _pid:
        return known[1]
    _forget_closed()
    queue = _watched(loop) or _called(loop)
    _queues[loop] = (_pid, queue)
    return queue


def _forget_closed() -> None:
    """Loops that were closed over calls: each waits for its loop, which would keep both alive for ever."""
    for loop in [reference() for reference in _queues.keyrefs()]:
        if loop is not None and loop.is_closed():
            owner, queue = _queues.pop(loop, (0, None))
            # The calls of another process were never this one's to end.
            if queue is not None and owner == _pid:
                queue.abandon()


def _watched(loop: asyncio.AbstractEventLoop) -> Completions | None:
    try:
        queue = Completions()
        loop.add_reader(queue.fileno(), queue.deliver)
    except NotImplementedError:
        return None
    return queue


def _called(loop: asyncio.AbstractEventLoop) -> Completions:
    """For loops that watch no descriptors: `call_soon_threadsafe` from the I/O thread."""
    # Weak, because the queue belongs to the loop and must not keep it alive.
    to_loop = weakref.ref(loop)
    to_queue: Callable[[], Completions | None] = lambda: None  # noqa: E731

    def wake() -> None:
        loop, queue = to_loop(), to_queue()
        if loop is not None and queue is not None:
            loop.call_soon_threadsafe(queue.deliver)

    queue = Completions(wake)
    to_queue = weakref.ref(queue)
    return queue
