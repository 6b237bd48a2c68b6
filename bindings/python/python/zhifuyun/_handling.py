"""Running a handler and ending its reservation, with and without an event loop."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ._base import is_asynchronous
from ._native import Event, MemoryReplayGuard, Reservation
from .errors import ConfigError

if TYPE_CHECKING:
    from .webhooks import Handler, Held, ReplayGuard


def run(
    handler: Handler | None, event: Event[Any], held: Held, wait: Callable[[object], object]
) -> Awaitable[object] | None:
    """Runs a handler and ends its reservation, unless it returned something that has to be awaited.

    `wait` gets what the guard returned.
    """
    try:
        result = handler(event) if handler else None
    except BaseException:
        with noted():
            wait(held.release())
        raise
    if inspect.isawaitable(result):
        return result
    with noted():
        wait(held.commit())
    return None


async def run_in_thread(handler: Handler, event: Event[Any], held: Held) -> Awaitable[object] | None:
    """The same in a thread. It ends the reservation itself, since nobody may be waiting for it any more."""
    import asyncio

    begun = threading.Lock()
    loop = asyncio.get_running_loop()

    def wait(step: object) -> object:
        return asyncio.run_coroutine_threadsafe(_awaited(step), loop).result() if inspect.isawaitable(step) else step

    def begin() -> Awaitable[object] | None:
        return run(handler, event, held, wait) if begun.acquire(blocking=False) else None

    try:
        return await asyncio.to_thread(begin)
    except BaseException:
        # Cancelled while it waited for a thread: now it must not begin.
        if begun.acquire(blocking=False):
            await end(held, handled=False)
        raise


async def reserve(guard: ReplayGuard, key: str) -> Held:
    """Reserves a key without holding up the loop."""
    if isinstance(guard, MemoryReplayGuard):
        return guard.reserve(key)
    import asyncio

    reserving = asyncio.ensure_future(_beside_the_loop(guard.reserve, key))
    try:
        return await asyncio.shield(reserving)
    except asyncio.CancelledError:
        # It must not stay reserved for somebody who has left.
        with suppress(Exception):
            await end(await reserving, handled=False)
        raise


async def end(held: Held, *, handled: bool) -> None:
    """Ends a reservation, also for a caller that is cancelled meanwhile."""
    step = held.commit if handled else held.release
    with noted():
        if isinstance(held, Reservation):
            step()
        else:
            import asyncio

            await asyncio.shield(_beside_the_loop(step))


async def _beside_the_loop(step: Callable[..., Any], *args: object) -> Any:
    """A step of a guard that may speak to a store: the loop goes on meanwhile."""
    import asyncio

    result = step(*args) if is_asynchronous(step) else await asyncio.to_thread(step, *args)
    return await _awaited(result)


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def call(handler: Handler | None, event: Event[Any]) -> None:
    """Runs a handler that is a coroutine function, if there is one."""
    if handler is not None:
        await _awaited(handler(event))


def at_once(result: Any, whose: str) -> Any:
    """What a plain function returned. Nobody could await it here."""
    if not inspect.isawaitable(result):
        return result
    if inspect.iscoroutine(result):
        result.close()
    raise ConfigError(f"the {whose} is asynchronous; use ahandle, or an asynchronous framework")


@contextmanager
def noted() -> Generator[None, None, None]:
    """Whether the guard takes note or not, what the handler did stands."""
    try:
        yield
    except Exception:
        import logging

        logging.getLogger("zhifuyun").warning("the replay guard did not take note of a webhook", exc_info=True)
