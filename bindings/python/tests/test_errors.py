"""The tree of exceptions and what they carry."""

from __future__ import annotations

import asyncio
import builtins
import pickle
import socket
import traceback
from typing import Any

import pytest
import zhifuyun
from zhifuyun import AsyncItems, Client, InternalError, Items, RateLimitError, ZhifuyunError, errors
from zhifuyun.testing import World


def test_names() -> None:
    for name in errors.__all__:
        found = getattr(errors, name)
        if isinstance(found, type) and issubclass(found, ZhifuyunError):
            assert getattr(zhifuyun, name) is found
    assert issubclass(zhifuyun.TimeoutError, builtins.TimeoutError)
    assert issubclass(zhifuyun.ConnectionError, builtins.ConnectionError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, zhifuyun.BadRequestError),
        (403, zhifuyun.PermissionDeniedError),
        (404, zhifuyun.NotFoundError),
        (418, zhifuyun.ApiError),
        (500, zhifuyun.ServerError),
    ],
)
def test_statuses(world: World, status: int, kind: type[ZhifuyunError]) -> None:
    world.fault({"status": status, "message": "no"}, match={"path": "/v1/tickets"})
    with world.client(max_retries=0) as client, pytest.raises(kind) as caught:
        client.tickets.list()
    error = caught.value
    assert type(error) is kind
    assert (error.http_status, error.operation, error.attempts) == (status, "tickets.list", 1)
    assert error.request_id
    assert error.timing.total > 0


def test_all_fields_survive_pickling(world: World) -> None:
    world.fault({"status": 429, "retry_after": "7"}, match={"path": "/v1/tickets"})
    with world.client(timeout=2) as client, pytest.raises(RateLimitError) as caught:
        client.tickets.list()
    error = caught.value
    assert error.retry_after == 7
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RateLimitError
    assert (str(again), repr(again), vars(again)) == (str(error), repr(error), vars(error))


def test_what_has_a_chance_later() -> None:
    transient = {kind for kind, branch in errors._KINDS.items() if branch().is_transient}
    assert transient == {"connection", "timeout", "rate_limit", "server"}
    assert not zhifuyun.ConnectionError(reason="tls").is_transient


def test_fields_that_the_server_names(client: Client) -> None:
    with pytest.raises(zhifuyun.BadRequestError) as caught:
        client.tickets.list(status="")
    assert isinstance(caught.value.fields, tuple)


def test_unknown_fate_of_a_write(world: World) -> None:
    world.fault({"wire": {"cut": {"how": "reset"}}}, match={"method": "POST", "path": "/v1/tickets"})
    with world.client() as client, pytest.raises(zhifuyun.ConnectionError) as caught:
        client.tickets.create(title="t", description="d")
    assert caught.value.maybe_applied
    assert caught.value.attempts == 1
    assert "may have been applied" in str(caught.value)
    assert len(world.journal(path="/v1/tickets")) == 1


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            Client(client_id="id", client_secret="hush-hush", base_url=url, max_retries=0, proxy=False) as client,
            pytest.raises(builtins.ConnectionError) as caught,
        ):
            client.tickets.list()
    error = caught.value
    assert isinstance(error, zhifuyun.ConnectionError)
    assert error.causes
    text = "".join(traceback.format_exception(error)) + f"{error!r} {vars(error)}"
    assert "hush-hush" not in text


def test_timeouts(world: World) -> None:
    world.fault({"delay_ms": 60_000}, match={"path": "/v1/tickets"})
    with world.client(timeout=0.2) as client, pytest.raises(builtins.TimeoutError) as caught:
        client.tickets.list()
    assert isinstance(caught.value, zhifuyun.TimeoutError)
    assert 0.15 < caught.value.timing.total < 30


def test_closed(world: World) -> None:
    client = world.client()
    client.close()
    client.close()
    assert client.closed
    assert "closed" in repr(client)
    for call in (client.tickets.list, client.quota, client.authenticate, client.tickets.iter):
        with pytest.raises(zhifuyun.ClosedError):
            call()


@pytest.mark.rows("H7")
def test_a_panic_becomes_an_exception(client: Client, shared: World, capfd: pytest.CaptureFixture[str]) -> None:
    """In a call, in an iteration, and the same in the background. Nothing of it is printed."""

    async def in_the_background() -> None:
        async with shared.async_client() as other:
            with pytest.raises(InternalError) as caught:
                await other._call("internal.panic", {}, {})
            check(caught.value)
            items = AsyncItems[Any](other, other._native.walk("internal.panic", {}, {}, {}, background=True))
            for _ in range(2):
                with pytest.raises(InternalError) as caught:
                    await items.__anext__()
                check(caught.value)
            assert (await other.tickets.list()).page == 1

    def check(error: InternalError) -> None:
        assert error.reason == "panic"
        assert "deliberate" not in f"{error} {vars(error)}"
        assert "`operations.rs:" in str(error), "where, for a report"

    with pytest.raises(InternalError) as caught:
        client._call("internal.panic", {}, {})
    check(caught.value)
    items = Items[Any](client, client._native.walk("internal.panic", {}, {}, {}, background=False))
    for _ in range(2):
        with pytest.raises(InternalError) as caught:
            next(items)
        check(caught.value)
    assert client.tickets.list().page == 1
    asyncio.run(in_the_background())
    assert capfd.readouterr() == ("", "")


def test_clients_are_not_pickled(client: Client) -> None:
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(client)
