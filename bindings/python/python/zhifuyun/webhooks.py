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

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

from . import _native
from ._base import is_asynchronous
from ._handling import at_once, call, end, noted, reserve, run, run_in_thread
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
Handler: TypeAlias = Callable[[Event[Any]], Awaitable[object] | object]
H = TypeVar("H", bound=Handler)
C = TypeVar("C", bound=Callable[[Event[ConversationPayload]], Awaitable[object] | object])
T = TypeVar("T", bound=Callable[[Event[TicketPayload]], Awaitable[object] | object])


class ReplayGuard(Protocol):
    """Remembers which webhooks were handled. `MemoryReplayGuard` does it for one process.

    Several processes need a shared one, such as Redis with `SET key lease NX EX 3600`. It must remember for
    longer than a webhook can come again: twice the tolerance plus 36 s.

    `handle` takes plain methods. For `ahandle` they may be coroutine functions; plain ones run in a thread.
    """

    def reserve(self, key: str, /) -> Held | Awaitable[Held]:
        """Reserves the key, or raises `WebhookVerificationError` with "in_flight" or "replayed"."""
        ...


class Held(Protocol):
    """A webhook that is the caller's to handle. If a method fails, what the handler did stands."""

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
        self._native = _native.Webhook(list(secrets), described, tolerance, self.max_body_bytes)

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

    @overload
    def on(self, *types: Literal["conversation.created", "conversation.closed"]) -> Callable[[C], C]: ...
    @overload
    def on(self, *types: Literal["ticket.created", "ticket.updated", "ticket.resolved"]) -> Callable[[T], T]: ...
    @overload
    def on(self, *types: str) -> Callable[[H], H]: ...
    def on(self, *types: str) -> Callable[[Any], Any]:
        """Decorates the handler for these event types. It may be a coroutine function."""

        def register(handler: Handler) -> Handler:
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
        try:
            event = self.verify(headers, body)
            held = at_once(self._guard.reserve(event.dedupe_key), "replay guard")
        except WebhookVerificationError as refusal:
            return _refused(refusal)
        result = run(self._handler(event), event, held, lambda step: at_once(step, "replay guard"))
        if result is not None:
            with noted():
                held.release()
            at_once(result, "handler")
        return 200

    async def ahandle(self, headers: Headers, body: Body) -> int:
        """The same for asyncio. Handlers may be either; plain functions run in a thread.

        Cancelling ends a coroutine function, and lets the sender try again. A thread cannot be ended: it goes on, and
        what it does counts.
        """
        try:
            event = self.verify(headers, body)
            held = await reserve(self._guard, event.dedupe_key)
        except WebhookVerificationError as refusal:
            return _refused(refusal)
        handler = self._handler(event)
        if handler is None or is_asynchronous(handler):
            result: Awaitable[object] | None = call(handler, event)
        else:
            result = await run_in_thread(handler, event, held)
        if result is not None:
            try:
                await result
            except BaseException:
                await end(held, handled=False)
                raise
            await end(held, handled=True)
        return 200

    def _run_without_loop(self, framework: str) -> None:
        """For adapters: from now on coroutine functions are refused where they are registered."""
        self._without_loop = framework
        for handler in (*self._handlers.values(), self._fallback):
            self._check(handler)
        self._check(self._guard.reserve, "method of the replay guard")

    def _check(self, function: object, what: str = "handler") -> None:
        if self._without_loop is not None and is_asynchronous(function):
            name = getattr(function, "__name__", type(function).__name__)
            raise ConfigError(
                f"the {what} {name} is a coroutine function, and the adapter for {self._without_loop} runs plain "
                "functions only: write it with def, or use the adapter for FastAPI or Starlette"
            )

    def _handler(self, event: Event) -> Handler | None:
        return self._handlers.get(event.type, self._fallback)


def _refused(refusal: WebhookVerificationError) -> int:
    """The status that says so."""
    import logging

    # Once handled is the normal course; all else is worth a look.
    level = logging.DEBUG if refusal.webhook_reason == "replayed" else logging.WARNING
    logging.getLogger("zhifuyun").log(level, "%s", refusal)
    return refusal.answer_status


def _epoch(moment: datetime | float | None) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else moment
