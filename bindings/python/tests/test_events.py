"""Events: to a hook, to logging; a hook that fails changes nothing and is not silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from conftest import Script
from zhifuyun.testing import World


def test_hook(world: World) -> None:
    seen: list[Mapping[str, Any]] = []
    world.fault({"status": 503}, match={"path": "/v1/tickets"}, when={"first": 1})
    with world.client(on_event=seen.append) as client:
        client.tickets.list()
    names = [event["event"] for event in seen]
    assert names[:2] == ["request", "response"] or "refresh" in names
    assert {"request", "response", "retry", "refresh"} <= set(names)
    retry = next(event for event in seen if event["event"] == "retry")
    assert (retry["operation"], retry["attempt"]) == ("tickets.list", 1)
    text = repr(seen)
    assert world.client_secret not in text
    assert "eyJ" not in text


def test_hook_of_the_asynchronous_client(world: World) -> None:
    seen: list[Mapping[str, Any]] = []

    async def main() -> None:
        async with world.async_client(on_event=seen.append) as client:
            await client.tickets.list()

    asyncio.run(main())
    assert {"request", "response"} <= {event["event"] for event in seen}


@pytest.mark.rows("H6")
def test_a_hook_that_fails(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def hook(_: object) -> None:
        raise LookupError("from the hook")

    with world.client(on_event=hook) as client:
        assert client.tickets.list().total == 20
        assert sum(1 for _ in client.tickets.iter()) == 20
    records = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert records
    assert records[0].name == "zhifuyun"
    assert records[0].exc_info is not None
    assert "from the hook" in str(records[0].exc_info[1])


@pytest.mark.rows("H6")
def test_a_hook_may_end_the_program(world: World) -> None:
    def hook(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), world.client(on_event=hook) as client:
        client.tickets.list()


def test_logging(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "zhifuyun")
    with world.client() as client:
        client.tickets.list()
    text = caplog.text
    assert "response operation=tickets.list" in text
    assert "http_status=200" in text
    assert world.client_secret not in text
    assert "eyJ" not in text
    assert any(getattr(record, "zhifuyun", {}).get("event") == "request" for record in caplog.records)


def test_nobody_listens(world: World) -> None:
    with world.client() as client:
        client.tickets.list()
        assert client._native.drain_events() == []


def test_level_from_the_environment(script: Script) -> None:
    done = script.run(
        """
        os.environ["ZHIFUYUN_LOG"] = "debug"
        Client(**OPTIONS).tickets.list()
        """
    )
    assert "zhifuyun DEBUG response operation=tickets.list" in done.stderr
    assert "secret_" not in done.stderr
