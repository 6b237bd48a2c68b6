"""Webhooks through the adapters for frameworks."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from test_webhooks import BODY, SECRET, webhook
from zhifuyun import ConfigError
from zhifuyun.webhooks import Event, Webhooks

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


@pytest.mark.parametrize("chunked", [False, True])
def test_flask_where_somebody_else_read_the_body(chunked: bool) -> None:
    from flask import Flask, request
    from zhifuyun.ext.flask import webhook_blueprint

    app, seen = Flask("test"), []
    app.register_blueprint(webhook_blueprint(Webhooks(SECRET, max_body_bytes=10_000)))
    app.before_request(lambda: seen.append(request.get_data()))
    client = app.test_client()
    how: dict[str, Any] = {"data": BODY, "headers": webhook.sign(BODY, id="m")}
    if chunked:
        how = how | {
            "data": None,
            "input_stream": io.BytesIO(BODY),
            "environ_overrides": {"wsgi.input_terminated": True},
        }
    assert client.post("/zhifuyun", **how).status_code == 200
    assert seen == [BODY]


@pytest.mark.parametrize("adapter", ["flask.webhook_blueprint", "django.webhook_view"])
def test_coroutine_functions_without_a_loop(adapter: str) -> None:
    """Refused when the program starts, not when the first webhook arrives."""
    module, _, name = adapter.partition(".")
    make = getattr(importlib.import_module(f"zhifuyun.ext.{module}"), name)

    async def created(event: Event) -> None: ...

    before, after = Webhooks(SECRET), Webhooks(SECRET)
    before.on("ticket.created")(created)
    with pytest.raises(ConfigError, match=r"created is a coroutine function.*FastAPI"):
        make(before)
    make(after)
    for register in (after.fallback, after.on("ticket.created")):
        with pytest.raises(ConfigError, match="coroutine"):
            register(created)
