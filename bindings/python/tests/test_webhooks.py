"""Webhooks through the public classes and the adapters. The checks themselves are in the contract suite."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from zhifuyun import ConfigError, InvalidArgumentError
from zhifuyun.webhooks import Event, Reservation, Webhook, Webhooks, WebhookVerificationError

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
    for body in (BODY, bytearray(BODY), memoryview(BODY)):
        assert webhook.verify(headers, body).id == "msg_1"


def test_bodies_that_are_not_raw() -> None:
    headers = webhook.sign(BODY, id="msg_1")
    for body in (BODY.decode(), {"event": "x"}, None):
        with pytest.raises(WebhookVerificationError, match="raw") as caught:
            webhook.verify(headers, body)  # type: ignore[arg-type]
        assert caught.value.webhook_reason == "body_not_raw"
        assert caught.value.answer_status == 500


def test_wrong_set_up() -> None:
    for secrets in ((), ("short",), ("",), ("whsec_" + "!" * 32,), (b"bytes",)):
        with pytest.raises(ConfigError):
            Webhook(*secrets)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Webhook(SECRET, scheme={"colour": "red"})
    with pytest.raises(InvalidArgumentError):
        Webhook(SECRET, tolerance=-1)
    for headers in (5, [1], [("a", "b", "c")]):
        with pytest.raises(TypeError):
            webhook.verify(headers, BODY)  # type: ignore[arg-type]


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIFUYUN_WEBHOOK_SECRET", raising=False)
    with pytest.raises(ConfigError, match="ZHIFUYUN_WEBHOOK_SECRET"):
        Webhook.from_env()
    monkeypatch.setenv("ZHIFUYUN_WEBHOOK_SECRET", f"{SECRET},whsec_{'A' * 32}")
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


def test_own_guard() -> None:
    class Guard:
        keys: list[str] = []  # noqa: RUF012

        def reserve(self, key: str) -> Any:
            if key in self.keys:
                raise WebhookVerificationError("seen", webhook_reason="replayed")
            self.keys.append(key)
            return self

        commit = release = lambda self: None

    hooks = Webhooks(SECRET, guard=Guard())
    headers = webhook.sign(BODY, id="msg_1")
    assert [hooks.handle(headers, BODY) for _ in range(2)] == [200, 200]
    assert Guard.keys == ["msg_1"]


def test_reservations_end_once() -> None:
    from zhifuyun.webhooks import MemoryReplayGuard

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


Post = Callable[[bytes, dict[str, str]], int]


def starlette(hooks: Webhooks) -> Post:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient
    from zhifuyun.ext.starlette import webhook_route

    client = TestClient(Starlette(routes=[webhook_route(hooks)]), raise_server_exceptions=False)
    return lambda body, headers: client.post("/zhifuyun", content=body, headers=headers).status_code


def fastapi(hooks: Webhooks) -> Post:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from zhifuyun.ext.fastapi import webhook_router

    app = FastAPI()
    app.include_router(webhook_router(hooks, path="/zhifuyun"))
    client = TestClient(app, raise_server_exceptions=False)
    return lambda body, headers: client.post("/zhifuyun", content=body, headers=headers).status_code


def flask(hooks: Webhooks) -> Post:
    from flask import Flask
    from zhifuyun.ext.flask import webhook_blueprint

    app = Flask("test")
    app.register_blueprint(webhook_blueprint(hooks))
    client = app.test_client()
    return lambda body, headers: client.post("/zhifuyun", data=body, headers=headers).status_code


def django(hooks: Webhooks) -> Post:
    from django.conf import settings

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="urls", SECRET_KEY="x")
        import django

        django.setup()
    import sys
    import types

    from django.test import Client
    from django.urls import clear_url_caches, path
    from zhifuyun.ext.django import webhook_view

    urls: Any = types.ModuleType("urls")
    urls.urlpatterns = [path("zhifuyun", webhook_view(hooks))]
    sys.modules["urls"] = urls
    clear_url_caches()
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return lambda body, headers: int(
        client.post("/zhifuyun", body, content_type="application/json", headers=headers).status_code
    )


@pytest.fixture(params=[starlette, fastapi, flask, django], ids=lambda f: f.__name__)
def endpoint(request: pytest.FixtureRequest) -> Iterator[tuple[Webhooks, Post]]:
    hooks = Webhooks(SECRET, max_body_bytes=10_000)
    yield hooks, request.param(hooks)


def test_adapters(endpoint: tuple[Webhooks, Post]) -> None:
    hooks, post = endpoint
    seen = []

    @hooks.on("ticket.created")
    def created(event: Event) -> None:
        seen.append(event.data.ticket_id)
        if event.id == "fails":
            raise LookupError

    headers = webhook.sign(BODY, id="msg_1")
    assert post(BODY, headers) == 200
    assert post(BODY, headers) == 200
    assert seen == ["t1"], "once"
    assert post(BODY.replace(b"t1", b"t2"), headers) == 401
    assert post(BODY, {}) == 400
    assert post(b"", headers) == 400
    assert post(b"x" * 10_001, headers) == 413
    assert post(BODY, webhook.sign(BODY, id="fails")) == 500
    odd = b'{ "event" : "later.added" }'
    assert post(odd, webhook.sign(odd, id="odd")) == 200
