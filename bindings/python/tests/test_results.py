"""Results: frozen, typed, equal, hashable, picklable, shown."""

from __future__ import annotations

import copy
import html
import json
import pickle
import sys
from collections.abc import Sequence
from datetime import date, datetime, timezone
from typing import Any
from unittest import mock

import pytest
from zhifuyun import Client, Conversation, Meta, Page, Ticket, ZhifuyunError, _native
from zhifuyun.testing import MockServer, World


def odd(server: MockServer) -> World:
    """A world whose one conversation has fields of every odd kind."""
    extra = {"tags": ["<b>", 1], "n": 2**60, "f": 1.5, "none": None, "ok": True, "updated_at": "soon"}
    item = {"id": "c1", "user_id": "用户😀", "channel": "carrier pigeon", "status": "archived"}
    item |= {"created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-01T10:00:00Z", "extra": extra}
    return server.world(conversations=[item])


def test_fields(client: Client) -> None:
    page = client.conversations.list(limit=10)
    first = page.items[0]
    assert isinstance(first, Conversation)
    assert isinstance(first.created_at, datetime)
    assert first.created_at.tzinfo is timezone.utc
    assert (len(page), page.total, page.page, page.limit, page.has_next) == (10, 50, 1, 10, True)
    assert page[0] is first
    assert page[-1] == page.items[9]
    assert page[2:4] == page.items[2:4]
    assert list(page) == list(page.items)
    assert first in page
    assert (page.index(page[3]), page.index(page[3], 2, 5), page.count(first)) == (3, 3, 1)
    assert list(reversed(page)) == list(page.items)[::-1]
    with pytest.raises(ValueError, match="not in"):
        page.index(first, 1)
    assert isinstance(page, Sequence)
    assert page.extra == {}
    with pytest.raises(IndexError):
        page[10]


def test_what_the_server_sent_beyond_the_fields(zhifuyun_server: MockServer) -> None:
    with odd(zhifuyun_server).client() as client:
        got = client.conversations.get("c1")
    assert (got.status, got.channel, got.user_id) == ("archived", "carrier pigeon", "用户😀")
    assert got.updated_at is None
    assert got.extra["updated_at"] == "soon"
    assert (got.extra["tags"], got.extra["n"], got.extra["f"]) == (["<b>", 1], 2**60, 1.5)
    assert (got.extra["none"], got.extra["ok"]) == (None, True)
    got.extra["n"] = 1
    assert got.extra["n"] == 2**60, "a copy"


def test_times_that_python_cannot_hold_are_not_lost(world: World, client: Client) -> None:
    world.fault({"set": {"/data/created_at": 300_000_000_000_000}}, match={"path": "/v1/conversations/*"})
    with world.client() as other:
        got = other.conversations.get("conv_000001")
    assert got.created_at is None
    assert got.extra["created_at"] == 300_000_000_000_000


def test_frozen(client: Client) -> None:
    page = client.conversations.list(limit=1)
    for thing, name in (
        (page, "total"),
        (page, "new"),
        (page[0], "id"),
        (page[0], "new"),
        (page.meta, "code"),
    ):
        with pytest.raises(AttributeError):
            setattr(thing, name, 1)
        with pytest.raises(AttributeError):
            delattr(thing, name)
    for kind in (Conversation, Page):
        with pytest.raises(TypeError):
            kind()


def test_equality_and_hash(client: Client) -> None:
    one, same = client.conversations.list(limit=5), client.conversations.list(limit=5)
    assert one == same
    assert hash(one) == hash(same)
    assert one[0] == same[0]
    assert hash(one[0]) == hash(same[0])
    assert len({*one, *same}) == 5
    assert one[0] != one[1]
    assert one != client.conversations.list(limit=4)
    assert one[0] != "x"
    for thing in (one, one[0], client.statistics.get()):
        assert thing == mock.ANY, "what it does not know, the other side may"
        assert thing.__eq__(1) is NotImplemented
    assert one != client.tickets.list(limit=5)
    numbers = client.statistics.get()
    assert numbers == client.statistics.get()
    assert hash(numbers) == hash(client.statistics.get())


def test_pickle_and_copy(client: Client) -> None:
    things: list[Any] = [client.conversations.list(limit=3), client.tickets.list(limit=3)]
    things += [things[0][0], things[1][0], client.statistics.get(group_by="day"), things[0].meta]
    for thing in things:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(thing, protocol))
            assert again == thing
            assert getattr(again, "meta", None) == getattr(thing, "meta", None)
        assert copy.deepcopy(thing) == thing
        assert copy.copy(thing) == thing


def test_changed_pickles_are_refused() -> None:
    from zhifuyun._native import _restore, _restore_page

    with pytest.raises(ZhifuyunError, match="pickle"):
        _restore("Ticket", "{")
    with pytest.raises(TypeError):
        _restore("Nothing", "{}")
    with pytest.raises(ZhifuyunError, match="pickle"):
        _restore_page("Ticket", "[{}]", 1, 1, 1, False, "{}")


def test_meta(client: Client) -> None:
    meta = client.tickets.list().meta
    assert isinstance(meta, Meta)
    assert (meta.http_status, meta.code, meta.attempts) == (200, 200, 1)
    assert 0 <= meta.waited <= meta.timing.total
    assert meta.request_id is not None
    assert 0 < meta.timing.network <= meta.timing.total < 60


def test_to_dict(client: Client) -> None:
    ticket = client.tickets.list(limit=1)[0]
    fields = ticket.to_dict()
    assert fields["id"] == ticket.id
    assert fields["created_at"] == ticket.created_at
    assert fields["extra"] == ticket.extra
    page = client.tickets.list(limit=2).to_dict()
    assert (page["limit"], len(page["items"]), type(page["items"][0])) == (2, 2, dict)
    numbers = client.statistics.get(group_by="month")
    assert numbers.to_dict()["trends"][0]["date"] == numbers.trends[0].date
    assert isinstance(numbers.trends[0].date, date)


def test_repr(client: Client, zhifuyun_server: MockServer) -> None:
    page = client.conversations.list(limit=2)
    assert repr(page) == "Page(2 of Conversation, total=50, page=1, limit=2)"
    assert repr(page[0]).startswith(f"Conversation(id='{page[0].id}', user_id=")
    with odd(zhifuyun_server).client() as other:
        text = repr(other.conversations.get("c1"))
    assert "user_id='用户😀'" in text
    assert "status='archived'" in text
    long = client.tickets.create(title="x", description="y" * 5000)
    assert len(repr(long)) < 500
    assert repr(client.statistics.get(group_by="month")).startswith("Statistics(total_conversations=")


def test_html_is_escaped(zhifuyun_server: MockServer, client: Client) -> None:
    world = zhifuyun_server.world(seed={"conversations": 150})
    with world.client() as other:
        ticket = other.tickets.create(title="<script>alert(1)</script>", description="d")
        for thing in (ticket, other.tickets.list()):
            shown = thing._repr_html_()
            assert html.escape("<script>") in shown
            assert "<script>" not in shown
        assert "more" not in other.conversations.list(limit=100)._repr_html_()
    shown = client.statistics.get(group_by="day")._repr_html_()
    assert shown.count("<table>") == 2


def test_data_frames(client: Client) -> None:
    frame = client.tickets.list(limit=5).to_pandas()
    assert list(frame.columns)[:2] == ["id", "title"]
    assert len(frame) == 5
    trends = client.statistics.get(group_by="month").to_pandas()
    assert list(trends.columns) == ["date", "conversations", "tickets"]
    assert trends["conversations"].sum() == 50


def test_pandas_is_imported_when_it_is_needed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'zhifuyun\[pandas\]'"):
        client.tickets.list().to_pandas()


def test_matching_by_type(client: Client) -> None:
    match client.tickets.list(limit=1)[0]:
        case Ticket(id=str(found), created_at=datetime()):
            assert found
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00", "1969-12-31T23:59:59.000001", "2024-02-29T12:34:56.789012", "9999-12-31T23:59:59.999999"],
)
def test_every_part_of_a_time(text: str) -> None:
    made = _native._restore("Ticket", json.dumps({"id": "t1", "created_at": f"{text}Z"})).created_at
    assert made == datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    assert (type(made), made.tzinfo, made.fold) == (datetime, timezone.utc, 0)
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_leap_second_is_the_second_after_it() -> None:
    made = _native._restore("Ticket", '{"id": "t1", "created_at": "2016-12-31T23:59:60.5Z"}')
    assert made.created_at == datetime(2017, 1, 1, 0, 0, 0, 500_000, timezone.utc)


def test_known_values_are_one_object_and_others_are_kept() -> None:
    made = [_native._restore("Ticket", '{"id": "t1", "status": "open", "priority": "some day"}') for _ in range(2)]
    assert made[0].status is made[1].status
    assert [ticket.priority for ticket in made] == ["some day"] * 2
