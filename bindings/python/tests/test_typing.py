"""What type checkers see. mypy and pyright read this file too, see make.sh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import assert_type
from zhifuyun import Client, Page, Ticket
from zhifuyun.webhooks import ConversationPayload, Event, MemoryReplayGuard, TicketPayload, Webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"event":"ticket.created","data":{"ticket_id":"t1"}}'


def test_handlers() -> None:
    hooks, seen = Webhooks(SECRET, guard=MemoryReplayGuard()), list[str | None]()

    @hooks.on("ticket.created", "ticket.updated", "ticket.resolved")
    def ticket(event: Event[TicketPayload]) -> None:
        assert_type(event.data, TicketPayload)
        seen.append(event.data.ticket_id)

    @hooks.on("conversation.created", "conversation.closed")
    async def conversation(event: Event[ConversationPayload]) -> None:
        assert_type(event.data, ConversationPayload)

    @hooks.fallback
    def other(event: Event) -> None:
        assert_type(event.data, Any)

    hooks.on("later.added", "ticket.added")(other)
    assert hooks.handle(hooks.sign(BODY, id="m"), BODY) == 200
    assert seen == ["t1"]


def wrong(hooks: Webhooks, ticket: Any) -> None:
    """Not run. An ignored error that is none is an error."""

    @hooks.on("conversation.closed")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    def conversation(event: Event[TicketPayload]) -> None: ...


def ids(tickets: Sequence[Ticket]) -> list[str]:
    """A page is a sequence."""
    return [ticket.id for ticket in reversed(tickets)]


def test_pages(client: Client) -> None:
    page = client.tickets.list()
    assert_type(page, Page[Ticket])
    assert_type(page[0], Ticket)
    assert_type(page[:2], tuple[Ticket, ...])
    assert ids(page) == [ticket.id for ticket in page][::-1]
    assert page[0] in page
