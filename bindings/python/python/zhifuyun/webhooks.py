"""Webhooks: verify what arrives, handle every event once, sign what a test sends.

    from zhifuyun.webhooks import Webhooks

    hooks = Webhooks(NEW_SECRET, OLD_SECRET)

    @hooks.on("ticket.created")
    def ticket_created(event):
        print(event.data.ticket_id, event.data.priority)

    @hooks.fallback
    def anything_else(event): ...

Adapters for frameworks take it from there: `zhifuyun.ext.fastapi`, `.starlette`, `.flask` and `.django`. They
read the raw body themselves and answer 4xx to what is refused. Elsewhere call `hooks.handle(headers, body)`, or
`await hooks.ahandle(headers, body)`, and answer with the status that it returns.
"""

from __future__ import annotations

import inspect
import json
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from . import _native
from ._native import (
    ConversationPayload,
    Event,
    MemoryReplayGuard,
    Reservation,
    TicketPayload,
)
from ._types import Seconds, Self
from .errors import ConfigError, WebhookVerificationError

__all__ = [
    "EVENT_TYPES",
    "ConversationPayload",
    "Event",
    "MemoryReplayGuard",
    "ReplayGuard",
    "Reservation",
    "TicketPayload",
    "Webhook",
    "WebhookVerificationError",
    "Webhooks",
]

EVENT_TYPES = (
    "conversation.created",
    "conversation.closed",
    "ticket.created",
    "ticket.updated",
    "ticket.resolved",
)
"""The event types that this version knows. Others arrive all the same."""

Text: TypeAlias = str | bytes
Headers: TypeAlias = Mapping[Any, Any] | Iterable[tuple[Text, Text]]
Body: TypeAlias = bytes | bytearray | memoryview | str
Handler: TypeAlias = Callable[[Event], Awaitable[object] | object]
H = TypeVar("H", bound=Handler)


class ReplayGuard(Protocol):
    """Remembers which webhooks were handled. `MemoryReplayGuard` does it for one process.

    Several processes need a shared one, such as Redis with `SET key lease NX EX 3600`. It must remember for
    longer than a webhook can come again: twice the tolerance plus 36 s.
    """

    def reserve(self, key: str) -> Held:
        """Reserves the key, or raises `WebhookVerificationError` with "in_flight" or "replayed"."""
        ...


class Held(Protocol):
    """A webhook that is the caller's to handle."""

    def commit(self) -> object:
        """It was handled."""
        ...

    def release(self) -> object:
        """It was not handled: let the sender's next attempt in."""
        ...


class Webhook:
    """Verifies webhooks and signs them. Immutable; share one among threads.

    secrets
        One, or several while a secret is being rotated. With the standard scheme they begin with "whsec_".
    scheme
        How the sender signs: "standard" (Standard Webhooks 1.0.0), or a mapping that describes another one.
    tolerance
        How far the timestamp may be from this machine's clock, in seconds. Default: 300.
    max_body_bytes
        Larger bodies are refused before anything is computed. Default: 1 MiB.

    >>> webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> body = b'{"event": "ticket.created", "data": {"ticket_id": "ticket_001"}}'
    >>> headers = webhook.sign(body, id="msg_1")
    >>> webhook.verify(headers, body).data.ticket_id
    'ticket_001'
    """

    def __init__(
        self,
        *secrets: str,
        scheme: str | Mapping[str, Any] | None = None,
        tolerance: Seconds | None = None,
        max_body_bytes: int | None = None,
    ) -> None:
        for secret in secrets:
            if not isinstance(secret, str):
                raise ConfigError(f"a webhook secret must be text, not {type(secret).__name__}")
        described = None if scheme is None else json.dumps(scheme if isinstance(scheme, str) else dict(scheme))
        self.max_body_bytes = 1024 * 1024 if max_body_bytes is None else max_body_bytes
        self._secrets = len(secrets)
        self._native = _native.Webhook(list(secrets), described, _seconds(tolerance), self.max_body_bytes)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """With the secret in ZHIFUYUN_WEBHOOK_SECRET; several are separated by commas or white space."""
        secrets = os.environ.get("ZHIFUYUN_WEBHOOK_SECRET", "").replace(",", " ").split()
        if not secrets:
            raise ConfigError("the webhook secret is missing: set ZHIFUYUN_WEBHOOK_SECRET")
        return cls(*secrets, **options)

    def verify(self, headers: Headers, body: Body, *, now: datetime | float | None = None) -> Event:
        """Checks a webhook and reads its event. Raises `WebhookVerificationError` with the reason.

        `headers` may be a mapping, an object with `items()`, pairs, or a WSGI environ. `body` must be the bytes
        as they arrived, or the text that they are in UTF-8: a body that was parsed and written again fits no signature.
        `now` defaults to `time.time()`.
        """
        # Python's clock and not the system's, so that tests that mock it see the time that they expect.
        return self._native.verify(headers, body, time.time() if now is None else _epoch(now))

    def sign(self, body: Body, *, id: str = "", timestamp: datetime | float | None = None) -> dict[str, str]:
        """The headers that a sender writes, for tests. `timestamp` defaults to now."""
        sent = _epoch(timestamp)
        return self._native.sign(id, time.time() if sent is None else sent, body)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {self._secrets} secret{'' if self._secrets == 1 else 's'}>"


class Webhooks(Webhook):
    """A `Webhook` that hands events to handlers, each event once.

    It takes the arguments of `Webhook`, and `guard`, which remembers what was handled: a `MemoryReplayGuard`
    unless another is given. A handler that raises lets the sender try again.
    """

    def __init__(self, *secrets: str, guard: ReplayGuard | None = None, **options: Any) -> None:
        super().__init__(*secrets, **options)
        self._guard: ReplayGuard = MemoryReplayGuard() if guard is None else guard
        self._handlers: dict[str, Handler] = {}
        self._fallback: Handler | None = None
        self._without_loop: str | None = None

    def on(self, *types: str) -> Callable[[H], H]:
        """Decorates the handler for these event types. It may be a coroutine function."""

        def register(handler: H) -> H:
            self._check(handler)
            for name in types:
                if name in self._handlers:
                    raise ConfigError(f"there already is a handler for {name}")
                self._handlers[name] = handler
            return handler

        return register

    def fallback(self, handler: H) -> H:
        """Decorates the handler for all other types. Without one they are accepted and ignored."""
        self._check(handler)
        self._fallback = handler
        return handler

    def handle(self, headers: Headers, body: Body) -> int:
        """Verifies, runs the handler, and returns the HTTP status to answer with. Raises what the handler raises.

        Handlers must be plain functions; for coroutine functions there is `ahandle`.
        """
        taken = self._take(headers, body)
        if isinstance(taken, int):
            return taken
        event, held, handler = taken
        result = _run(handler, event, held)
        if result is not None:
            held.release()
            if inspect.iscoroutine(result):
                result.close()
            raise ConfigError("the handler is a coroutine function; use ahandle, or an asynchronous framework")
        return 200

    async def ahandle(self, headers: Headers, body: Body) -> int:
        """The same for asyncio. Handlers may be either; plain functions run in a thread.

        Cancelling ends a coroutine function, and lets the sender try again. A thread cannot be ended: it goes on, and
        what it does counts.
        """
        taken = self._take(headers, body)
        if isinstance(taken, int):
            return taken
        event, held, handler = taken
        if handler is None or _is_asynchronous(handler):
            result = _run(handler, event, held)
        else:
            result = await _run_in_thread(handler, event, held)
        if result is not None:
            try:
                await result
            except BaseException:
                held.release()
                raise
            held.commit()
        return 200

    def _run_without_loop(self, framework: str) -> None:
        """For adapters: from now on coroutine functions are refused where they are registered."""
        self._without_loop = framework
        for handler in (*self._handlers.values(), self._fallback):
            self._check(handler)

    def _check(self, handler: Handler | None) -> None:
        if self._without_loop is not None and _is_asynchronous(handler):
            name = getattr(handler, "__name__", type(handler).__name__)
            raise ConfigError(
                f"the handler {name} is a coroutine function, and the adapter for {self._without_loop} runs plain "
                "functions only: write it with def, or use the adapter for FastAPI or Starlette"
            )

    def _take(self, headers: Headers, body: Body) -> int | tuple[Event, Held, Handler | None]:
        """The event with its handler, or the status of a refusal."""
        try:
            event = self.verify(headers, body)
            held = self._guard.reserve(event.dedupe_key)
        except WebhookVerificationError as refusal:
            _log_refusal(refusal)
            return refusal.answer_status
        return event, held, self._handlers.get(event.type, self._fallback)


def _is_asynchronous(handler: object) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


def _run(handler: Handler | None, event: Event, held: Held) -> Awaitable[object] | None:
    """Runs a handler and ends its reservation, unless it returned something that has to be awaited."""
    try:
        result = handler(event) if handler else None
    except BaseException:
        held.release()
        raise
    if inspect.isawaitable(result):
        return result
    held.commit()
    return None


async def _run_in_thread(handler: Handler, event: Event, held: Held) -> Awaitable[object] | None:
    """The same in a thread. It ends the reservation itself, since nobody may be waiting for it any more."""
    import asyncio

    begun = threading.Lock()

    def run() -> Awaitable[object] | None:
        return _run(handler, event, held) if begun.acquire(blocking=False) else None

    try:
        return await asyncio.to_thread(run)
    except BaseException:
        # Cancelled while it waited for a thread: now it must not begin.
        if begun.acquire(blocking=False):
            held.release()
        raise


def _log_refusal(refusal: WebhookVerificationError) -> None:
    import logging

    # Once handled is the normal course; all else is worth a look.
    level = logging.DEBUG if refusal.webhook_reason == "replayed" else logging.WARNING
    logging.getLogger("zhifuyun").log(level, "%s", refusal)


def _seconds(length: Seconds | None) -> float | None:
    return length if length is None or isinstance(length, (int, float)) else length.total_seconds()


def _epoch(moment: datetime | float | None) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else moment
