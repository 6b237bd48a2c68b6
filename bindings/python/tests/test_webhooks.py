"""Webhooks through the public classes and the adapters. The checks themselves are in the contract suite."""

from __future__ import annotations

import asyncio
import copy
import functools
import io
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest import mock

import numpy as np
import pytest
from zhifuyun import ConfigError, InvalidArgumentError, ZhifuyunError, _native
from zhifuyun.webhooks import Event, MemoryReplayGuard, Reservation, Webhook, Webhooks, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"event":"ticket.created","timestamp":"2024-01-01T10:00:00Z","data":{"ticket_id":"t1","priority":"high"}}'
webhook = Webhook(SECRET)


def test_verify() -> None:
    headers = webhook.sign(BODY, id="msg_1")
    event = webhook.verify(headers, BODY)
    assert (event.id, event.type, event.known, event.dedupe_key) == ("msg_1", "ticket.created", True, "msg_1")
    assert (event.data.ticket_id, event.data.priority) == ("t1", "high")
    assert event.data is event.data
    assert event.timestamp is not None
    assert event.sent_at is not None
    assert event.raw == BODY.decode()
    assert event == webhook.verify(headers, BODY)
    assert hash(event) == hash(webhook.verify(headers, BODY))
    assert "TicketPayload(ticket_id='t1'" in repr(event)
    assert SECRET not in repr(webhook)


def test_events_as_data() -> None:
    chinese = '{"event":"ticket.created","data":{"ticket_id":"工单","more":[1]},"later":true}'.encode()
    unknown = b'{"event":"later.added","data":[1]}'
    schemeless = Webhook(
        "x" * 32, scheme={"signature_header": "x-sign", "format": "single", "encoding": "hex", "payload": "{body}"}
    )
    events = [webhook.verify(webhook.sign(body, id="m"), body) for body in (BODY, chinese, unknown)]
    events.append(schemeless.verify(schemeless.sign(BODY), BODY))
    for event in events:
        for again in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event), copy.copy(event)):
            assert again == event
            assert again.to_dict() == event.to_dict()
        assert event == mock.ANY
        assert event != "x"
    shown = events[1].to_dict()
    assert (shown["id"], shown["type"], shown["known"], shown["extra"]) == (
        "m",
        "ticket.created",
        True,
        {"later": True},
    )
    assert (shown["data"]["ticket_id"], shown["data"]["extra"]) == ("工单", {"more": [1]})
    assert events[2].to_dict()["data"] == [1]
    assert (events[3].id, len(events[3].dedupe_key)) == (None, 64)
    with pytest.raises(ZhifuyunError, match="pickle"):
        _native._restore_event("{", None, None, "")


@pytest.mark.parametrize(
    "shape",
    [
        lambda h: h,
        lambda h: list(h.items()),
        lambda h: [(k.encode(), v.encode()) for k, v in h.items()],
        lambda h: {k.title(): [v] for k, v in h.items()},
        lambda h: {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in h.items()} | {"wsgi.input": io.BytesIO()},
    ],
)
def test_shapes_of_headers(shape: Callable[[dict[str, str]], Any]) -> None:
    headers = shape(webhook.sign(BODY, id="msg_1"))
    for body in (BODY, bytearray(BODY), memoryview(BODY), BODY.decode()):
        assert webhook.verify(headers, body).id == "msg_1"


def test_bodies_that_are_not_raw() -> None:
    headers = webhook.sign(BODY, id="msg_1")
    for body in ({"event": "x"}, None, BODY.decode() + "\udce4"):
        with pytest.raises(WebhookVerificationError, match="raw") as caught:
            webhook.verify(headers, body)  # type: ignore[arg-type]
        assert caught.value.webhook_reason == "body_not_raw"
        assert caught.value.answer_status == 500


LENGTHS: list[tuple[str, Callable[[Any], object]]] = [
    ("tolerance", lambda value: Webhook(SECRET, tolerance=value)),
    ("max_body_bytes", lambda value: Webhook(SECRET, max_body_bytes=value)),
    ("ttl", lambda value: MemoryReplayGuard(ttl=value)),
    ("capacity", lambda value: MemoryReplayGuard(capacity=value)),
]


def test_wrong_set_up() -> None:
    for secrets in ((), ("short",), ("",), ("whsec_" + "!" * 32,), (b"bytes",)):
        with pytest.raises(ConfigError):
            Webhook(*secrets)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Webhook(SECRET, scheme={"colour": "red"})
    for name, make in LENGTHS:
        with pytest.raises(InvalidArgumentError) as caught:
            make(-1)
        assert caught.value.argument == name
        for value in ("300", b"300", [300]):
            with pytest.raises(TypeError, match=f"{name} must be"):
                make(value)
        make(300)
        make(np.int64(300))
    for make in (lambda t: Webhook(SECRET, tolerance=t), lambda t: MemoryReplayGuard(ttl=t)):
        make(timedelta(hours=1))
        make(np.float32(0.5))
    for headers in (5, [1], [("a", "b", "c")]):
        with pytest.raises(TypeError):
            webhook.verify(headers, BODY)  # type: ignore[arg-type]


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIFUYUN_WEBHOOK_SECRET", raising=False)
    with pytest.raises(ConfigError, match="ZHIFUYUN_WEBHOOK_SECRET"):
        Webhook.from_env()
    for separator in (",", " ", ", ", "\n", " ,\t"):
        monkeypatch.setenv("ZHIFUYUN_WEBHOOK_SECRET", f"whsec_{'A' * 32}{separator}{SECRET}{separator}")
        assert Webhook.from_env().verify(webhook.sign(BODY, id="m"), BODY).id == "m"


def test_each_event_once() -> None:
    seen: list[Event] = []
    fail = [True]
    hooks = Webhooks(SECRET)

    @hooks.on("ticket.created")
    def created(event: Event) -> None:
        seen.append(event)
        if fail.pop() if fail else False:
            raise LookupError

    headers = webhook.sign(BODY, id="msg_1")
    with pytest.raises(LookupError):
        hooks.handle(headers, BODY)
    assert hooks.handle(headers, BODY) == 200
    assert hooks.handle(headers, BODY) == 200
    assert len(seen) == 2, "failed, handled, not again"
    assert hooks.handle(headers, b"{}") == 401
    assert hooks.handle({}, BODY) == 400


def test_fallback_and_double_handlers() -> None:
    hooks, seen = Webhooks(SECRET), []

    @hooks.fallback
    def other(event: Event) -> None:
        seen.append((event.type, event.known, event.data))

    body = b'{"event":"later.added","data":{"x":1}}'
    assert hooks.handle(webhook.sign(body, id="m"), body) == 200
    assert seen == [("later.added", False, {"x": 1})]
    hooks.on("ticket.created")(other)
    with pytest.raises(ConfigError, match="already"):
        hooks.on("ticket.created")(other)


def test_coroutine_handlers() -> None:
    hooks, seen = Webhooks(SECRET), []

    @hooks.on("ticket.created")
    async def created(event: Event) -> None:
        seen.append(event.id)

    headers = webhook.sign(BODY, id="msg_1")
    with pytest.raises(ConfigError, match="ahandle"):
        hooks.handle(headers, BODY)
    assert asyncio.run(hooks.ahandle(headers, BODY)) == 200
    assert asyncio.run(hooks.ahandle(headers, BODY)) == 200
    assert seen == ["msg_1"]


class Asynchronous:
    """A handler that is an object."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    async def __call__(self, event: Event) -> None:
        self.seen.append(event.dedupe_key)


def test_handlers_of_every_kind() -> None:
    seen: list[str] = []
    called = Asynchronous(seen)

    def decorated(event: Event) -> Any:
        return called(event)

    for n, handler in enumerate((called, functools.partial(called.__call__), decorated)):
        hooks = Webhooks(SECRET)
        hooks.on("ticket.created")(handler)
        assert asyncio.run(hooks.ahandle(webhook.sign(BODY, id=f"m{n}"), BODY)) == 200
    assert seen == ["m0", "m1", "m2"]


def test_cancelled_while_a_thread_handles_it() -> None:
    """The thread goes on, so the event counts as under way, and as handled when the thread has ended."""
    begun, go, seen = threading.Event(), threading.Event(), []
    hooks = Webhooks(SECRET)

    @hooks.on("ticket.created")
    def created(event: Event) -> None:
        seen.append(event.id)
        begun.set()
        assert go.wait(30)

    headers = webhook.sign(BODY, id="msg_1")

    async def main() -> None:
        task = asyncio.ensure_future(hooks.ahandle(headers, BODY))
        assert await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await hooks.ahandle(headers, BODY) == 409, "under way"
        go.set()

    asyncio.run(main())
    assert asyncio.run(hooks.ahandle(headers, BODY)) == 200
    assert seen == ["msg_1"], "once"


def test_cancelled_while_it_waits_for_a_thread() -> None:
    hooks, seen, go = Webhooks(SECRET), [], threading.Event()

    @hooks.on("ticket.created")
    def created(event: Event) -> None:
        seen.append(event.id)

    headers = webhook.sign(BODY, id="msg_1")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, go.wait, 30)
        task = asyncio.ensure_future(hooks.ahandle(headers, BODY))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()
        await busy
        assert seen == []
        assert await hooks.ahandle(headers, BODY) == 200
        assert seen == ["msg_1"]

    asyncio.run(main())


def test_reservations_end_once() -> None:
    guard = MemoryReplayGuard(capacity=10, ttl=60)
    held: Reservation | None = guard.reserve("k")
    with pytest.raises(WebhookVerificationError) as caught:
        guard.reserve("k")
    assert (caught.value.webhook_reason, caught.value.answer_status) == ("in_flight", 409)
    del held
    held = guard.reserve("k")
    held.commit()
    with pytest.raises(ValueError, match="ended"):
        held.release()
