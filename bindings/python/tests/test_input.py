"""Wrong input is refused before anything is sent, with the argument's name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from zhifuyun import AsyncClient, Client, ConfigError, InvalidArgumentError
from zhifuyun.testing import World

NAIVE = datetime(2024, 1, 1, 10)
AWARE = NAIVE.replace(tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def silent(world: World) -> Iterator[Client]:
    """A client that must not send anything."""
    with world.client() as client:
        yield client
    assert world.journal() == []


@pytest.mark.parametrize(
    "value",
    [True, False, "20", 20.0, 20.5, float("nan"), float("inf"), 0, -1, 101, 10**30, [1], b"1", Decimal(1)],
)
def test_limit(silent: Client, value: Any) -> None:
    for call in (silent.tickets.list, silent.conversations.list, silent.conversations.iter):
        with pytest.raises(InvalidArgumentError) as caught:
            call(limit=value)
        assert caught.value.argument == "limit"
        assert caught.value.kind == "invalid_argument"
        assert caught.value.operation in ("tickets.list", "conversations.list")
        assert caught.value.attempts == 0
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("value", ["", ".", "..", "a\nb", "a\0b", "x" * 257, "\ud800", 1, None, b"id", True])
def test_ids(silent: Client, value: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        silent.conversations.get(value)
    assert caught.value.argument == "id"
    with pytest.raises(InvalidArgumentError):
        silent.tickets.update(value, status="closed")


@pytest.mark.parametrize(
    "value",
    [NAIVE, pd.NaT, date(2024, 1, 1), "yesterday", 1704067200, datetime.max.replace(tzinfo=AWARE.tzinfo), object()],
)
def test_moments(silent: Client, value: Any) -> None:
    if value is not None and isinstance(value, datetime) and value.year == 9999:
        value = value.replace(tzinfo=timezone(timedelta(hours=-8)))
    with pytest.raises(InvalidArgumentError) as caught:
        silent.conversations.list(start_time=value)
    assert caught.value.argument == "start_time"


@pytest.mark.parametrize("value", [NAIVE, AWARE, pd.NaT, "2024-1-1", "2024-02-30", 20240101])
def test_days(silent: Client, value: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        silent.statistics.get(start_date=value)
    assert caught.value.argument == "start_date"


def test_order_of_bounds(silent: Client) -> None:
    with pytest.raises(InvalidArgumentError, match="start_time must not be after end_time"):
        silent.conversations.list(start_time=AWARE, end_time=AWARE - timedelta(seconds=1))


@pytest.mark.rows("H13")
def test_text(silent: Client) -> None:
    for title in ("", 1, None, b"x", "\udfff"):
        with pytest.raises(InvalidArgumentError) as caught:
            silent.tickets.create(title=title, description="d")  # type: ignore[arg-type]
        assert caught.value.argument == "title"
    with pytest.raises(InvalidArgumentError, match="nothing to update"):
        silent.tickets.update("t1")


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("timeout", [0, -1, True, "5", float("nan"), timedelta(0), timedelta(seconds=-1)]),
        ("max_retries", [-1, 1.5, "1", True]),
    ],
)
def test_options_of_a_call(silent: Client, option: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidArgumentError) as caught:
            silent.tickets.list(**{option: value})
        assert (caught.value.argument, caught.value.operation) == (option, "tickets.list")


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("consistency", ["loose", 5]),
        ("prefetch", [-1, 17, "4", True, 4.0]),
        ("max_items", [-1, "4", 10**30]),
        ("limit", [0]),
        ("timeout", [0, "5", float("nan")]),
    ],
)
def test_walks(silent: Client, argument: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidArgumentError) as caught:
            silent.tickets.iter(**{argument: value})
        assert (caught.value.argument, caught.value.operation) == (argument, "tickets.list"), value


def test_unknown_and_positional_arguments_are_type_errors(silent: Client) -> None:
    async def late(_: object) -> None: ...

    class Late:
        async def __call__(self, _: object) -> None: ...

    for call in (
        lambda: silent.tickets.list(colour="red"),  # type: ignore[call-arg]
        lambda: silent.tickets.list(1),  # type: ignore[misc]
        lambda: silent.conversations.create(user_id="u"),  # type: ignore[call-arg]
        lambda: Client(colour="red"),  # type: ignore[call-arg]
        lambda: Client("id", "secret"),  # type: ignore[misc]
        lambda: Client(on_event=1),  # type: ignore[arg-type]
        lambda: Client(on_event=late),
        lambda: Client(on_event=Late()),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"client_secret": None}, "client_secret"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": "hush\n"}, "client_secret"),
        ({"client_id": 5}, "client_id"),
        ({"timeout": True}, "timeout"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"max_retries": 2.5}, "max_retries"),
        ({"plan": "gold"}, "plan"),
        ({"plan": 0}, "plan"),
        ({"on_limit": "maybe"}, "on_limit"),
        ({"proxy": 5}, "proxy"),
        ({"base_url": "http://example.com"}, "base_url"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"ca_bundle": Path("/nowhere/at/all.pem")}, "ca_bundle"),
        ({"allow_insecure": "yes"}, "allow_insecure"),
    ],
)
def test_options_of_a_client(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        Client(**({"client_id": "id", "client_secret": "hush"} | options))
    assert "hush" not in f"{caught.value!r} {vars(caught.value)}"


def test_good_input(client: Client, shared: World) -> None:
    class Index:
        def __index__(self) -> int:
            return 3

    class Text(str):
        pass

    assert client.tickets.list(limit=Index()).limit == 3  # type: ignore[arg-type]
    assert client.conversations.list(status=Text("active"), page=None, start_time=AWARE).page == 1
    assert client.conversations.list(start_time="2024-01-01T10:00:00+08:00", timeout=timedelta(seconds=9)).page == 1
    assert client.statistics.get(start_date=date(2024, 1, 1), end_date="2024-01-31").trends == ()
    sent = shared.journal(path="/v1/conversations")[-1]["query"]
    assert sent == {"start_time": "2024-01-01T02:00:00Z"}
    with shared.client(time_zone="+08:00") as zoned:
        zoned.conversations.list(start_time=NAIVE)
    assert shared.journal(path="/v1/conversations")[-1]["query"] == sent


@pytest.mark.rows("H13")
def test_text_goes_through_exactly(client: Client) -> None:
    for text in ("a\0b", "👩‍👩‍👧‍👦 𠀀 \u202eשלום e\u0301", "&=+#% 中文", '"\\\u2028'):
        assert client.tickets.create(title=text, description=text).title == text


def test_environment(monkeypatch: pytest.MonkeyPatch, shared: World) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "BASE_URL", "PLAN"):
        monkeypatch.delenv(f"ZHIFUYUN_{name}", raising=False)
    with pytest.raises(ConfigError, match="ZHIFUYUN_CLIENT_ID"):
        Client.from_env()
    monkeypatch.setenv("ZHIFUYUN_CLIENT_ID", shared.client_id)
    with pytest.raises(ConfigError, match="ZHIFUYUN_CLIENT_SECRET"):
        Client.from_env()
    monkeypatch.setenv("ZHIFUYUN_CLIENT_SECRET", shared.client_secret)
    for empty in ("BASE_URL", "PLAN"):
        monkeypatch.setenv(f"ZHIFUYUN_{empty}", "")
    with Client.from_env():
        pass
    monkeypatch.setenv("ZHIFUYUN_BASE_URL", shared.url)
    monkeypatch.setenv("ZHIFUYUN_PLAN", "250")
    with Client.from_env() as client:
        assert client.tickets.list().total is not None
        assert client.quota().limit == 250
        assert shared.client_secret not in repr(client)
    with Client.from_env(plan="off", timeout=None) as client:
        assert client.quota().limit is None


def test_both_clients_take_the_same() -> None:
    from zhifuyun import _async_resources, _resources

    for name in ("Conversations", "Tickets", "StatisticsResource"):
        one, other = getattr(_resources, name), getattr(_async_resources, f"Async{name}")
        methods = [m for m in vars(one) if not m.startswith("_")]
        assert methods == [m for m in vars(other) if not m.startswith("_")]
        for method in methods:
            a, b = inspect.signature(getattr(one, method)), inspect.signature(getattr(other, method))
            assert list(a.parameters.items()) == list(b.parameters.items())
            assert (getattr(one, method).__doc__ or "").split("\n\n        >>>")[0].strip() == inspect.getdoc(
                getattr(other, method)
            ) or method
    assert inspect.signature(Client) == inspect.signature(AsyncClient)
