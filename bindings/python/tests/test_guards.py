"""Replay guards of the user's own: plain and asynchronous, slow, and out of order."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from zhifuyun import ConfigError
from zhifuyun.webhooks import Event, Webhook, Webhooks, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"event":"ticket.created","data":{"ticket_id":"t1"}}'
HEADERS = Webhook(SECRET).sign(BODY, id="msg_1")


class Store:
    """A shared store. `steps` is what was done in it; `broken` are the steps that fail."""

    def __init__(self, *broken: str) -> None:
        self.broken, self.steps, self.threads = broken, [], set[int]()
        self.handled: bool | None = None
        self.go = threading.Event()
        self.go.set()

    def reserve(self, key: str) -> Store:
        if self.handled is not None:
            reason = "replayed" if self.handled else "in_flight"
            raise WebhookVerificationError("seen", webhook_reason=reason)
        self._do("reserve", False)
        return self

    def commit(self) -> None:
        self._do("commit", True)

    def release(self) -> None:
        self._do("release", None)

    def _do(self, step: str, handled: bool | None) -> None:
        assert self.go.wait(30)
        self.steps.append(step)
        self.threads.add(threading.get_ident())
        if step in self.broken:
            raise OSError("the store is gone")
        self.handled = handled


class AsyncStore:
    """The same for asyncio."""

    def __init__(self, *broken: str) -> None:
        self.store = Store(*broken)

    async def reserve(self, key: str) -> AsyncStore:
        await asyncio.sleep(0)
        self.store.reserve(key)
        return self

    async def commit(self) -> None:
        await asyncio.sleep(0)
        self.store.commit()

    async def release(self) -> None:
        await asyncio.sleep(0)
        self.store.release()


def plain(event: Event) -> None:
    """Succeeds."""


async def coroutine(event: Event) -> None:
    """Succeeds."""
    await asyncio.sleep(0)


def wrapped(event: Event) -> Awaitable[None]:
    """Looks plain."""
    return coroutine(event)


def fails(handler: Callable[[Event], Any]) -> Callable[[Event], Any]:
    """A handler of the same kind that raises."""

    async def later(event: Event) -> None:
        await asyncio.sleep(0)
        raise LookupError("from the handler")

    def plainly(event: Event) -> Any:
        if handler is wrapped:
            return later(event)
        raise LookupError("from the handler")

    return later if handler is coroutine else plainly


def with_handler(guard: Any, handler: Callable[[Event], Any]) -> Webhooks:
    """Hooks with one handler."""
    hooks = Webhooks(SECRET, guard=guard)
    hooks.on("ticket.created")(handler)
    return hooks


Status = Callable[[Webhooks], int]


def now(hooks: Webhooks) -> int:
    """Without a loop."""
    return hooks.handle(HEADERS, BODY)


def later(hooks: Webhooks) -> int:
    """In a loop."""
    return asyncio.run(hooks.ahandle(HEADERS, BODY))


WAYS = [(now, Store, plain)] + [(later, store, h) for store in (Store, AsyncStore) for h in (plain, coroutine, wrapped)]


@pytest.mark.parametrize(("answer", "make", "handler"), WAYS)
def test_once(answer: Status, make: Any, handler: Any) -> None:
    guard = make()
    hooks = with_handler(guard, handler)
    assert [answer(hooks) for _ in range(2)] == [200, 200]
    store = guard if make is Store else guard.store
    assert store.steps == ["reserve", "commit"]
    assert (threading.get_ident() in store.threads) == (answer is now or make is AsyncStore), "beside the loop"


@pytest.mark.parametrize(("answer", "make", "handler"), WAYS)
def test_again_after_a_failure(answer: Status, make: Any, handler: Any) -> None:
    guard = make()
    with pytest.raises(LookupError):
        answer(with_handler(guard, fails(handler)))
    assert answer(with_handler(guard, handler)) == 200
    store = guard if make is Store else guard.store
    assert store.steps == ["reserve", "release", "reserve", "commit"]


@pytest.mark.parametrize(("answer", "make", "handler"), WAYS)
def test_a_store_that_breaks(answer: Status, make: Any, handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What the handler did stands; without a reservation it does not run."""
    assert answer(with_handler(make("commit"), handler)) == 200
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    with pytest.raises(LookupError, match="from the handler"):
        answer(with_handler(make("release"), fails(handler)))
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    with pytest.raises(OSError, match="the store is gone"):
        answer(with_handler(make("reserve"), handler))


def test_the_loop_goes_on_while_the_store_is_asked() -> None:
    guard = Store()
    guard.go.clear()

    async def main() -> int:
        handling = asyncio.ensure_future(with_handler(guard, coroutine).ahandle(HEADERS, BODY))
        await asyncio.sleep(0.01)
        guard.go.set()
        return await handling

    assert asyncio.run(main()) == 200


def test_cancelled_while_the_store_is_asked() -> None:
    """It is not left reserved."""
    guard, seen = Store(), list[Event]()
    guard.go.clear()

    async def main() -> None:
        hooks = with_handler(guard, seen.append)
        handling = asyncio.ensure_future(hooks.ahandle(HEADERS, BODY))
        await asyncio.sleep(0.01)
        handling.cancel()
        await asyncio.sleep(0)
        guard.go.set()
        with pytest.raises(asyncio.CancelledError):
            await handling
        assert (guard.steps, seen) == (["reserve", "release"], [])
        assert await hooks.ahandle(HEADERS, BODY) == 200

    asyncio.run(main())
    assert len(seen) == 1


def test_asynchronous_guards_need_a_loop() -> None:
    hooks = with_handler(AsyncStore(), plain)
    with pytest.raises(ConfigError, match="ahandle"):
        hooks.handle(HEADERS, BODY)
    with pytest.raises(ConfigError, match="replay guard"):
        hooks._run_without_loop("Flask")
