"""The resources of `Client`: which operations there are and what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import request_options
from ._iterate import Items
from ._native import Conversation, Page, Statistics, Ticket
from ._types import (
    Channel,
    Consistency,
    ConversationStatus,
    Day,
    GroupBy,
    Moment,
    Priority,
    Seconds,
    StatisticsType,
    TicketStatus,
)

if TYPE_CHECKING:
    from ._client import Client


class Conversations:
    """Conversations: list, iterate, read, create."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(
        self,
        *,
        page: int | None = None,
        limit: int | None = None,
        status: ConversationStatus | None = None,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Page[Conversation]:
        """One page, 20 items unless `limit` (1 to 100) says otherwise.

        `start_time` and `end_time` bound `created_at` and must be aware; `status` is "active" or "closed".

        >>> page = client.conversations.list(status="active", limit=2)
        >>> len(page), page.page, page.has_next
        (2, 1, True)
        """
        args = {
            "page": page,
            "limit": limit,
            "status": status,
            "start_time": start_time,
            "end_time": end_time,
        }
        result: Page[Conversation] = self._client._call(
            "conversations.list", args, request_options(timeout, max_retries)
        )
        return result

    def iter(
        self,
        *,
        status: ConversationStatus | None = None,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        limit: int | None = None,
        consistency: Consistency | None = None,
        prefetch: int | None = None,
        max_items: int | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Items[Conversation]:
        """All items across pages, lazily, 100 per request unless `limit` says otherwise, each item once.

        `consistency="strict"` misses nothing even if the list changes meanwhile, at the price of more requests.
        `prefetch` (0 to 16) pages are asked for ahead; `max_items` ends the iteration early. `.pages()` gives whole
        pages, `.report` says what was seen.

        >>> items = client.conversations.iter(status="closed")
        >>> sum(1 for _ in items), items.report.complete
        (18, True)
        """
        args = {"status": status, "start_time": start_time, "end_time": end_time, "limit": limit}
        how = {"consistency": consistency, "prefetch": prefetch, "max_items": max_items}
        walk = self._client._native.walk(
            "conversations.iter", args, request_options(timeout, max_retries), how, background=False
        )
        return Items(self._client, walk)

    def get(
        self,
        id: str,
        *,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Conversation:
        """One conversation by its id. Raises NotFoundError if there is none.

        >>> client.conversations.get("conv_001").status
        'active'
        """
        args = {"id": id}
        result: Conversation = self._client._call("conversations.get", args, request_options(timeout, max_retries))
        return result

    def create(
        self,
        *,
        user_id: str,
        channel: Channel,
        initial_message: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Conversation:
        """Begins a conversation in the name of a customer. Never repeated by itself if its fate is unknown.

        >>> client.conversations.create(user_id="user_123", channel="web", initial_message="你好").user_id
        'user_123'
        """
        args = {"user_id": user_id, "channel": channel, "initial_message": initial_message}
        result: Conversation = self._client._call("conversations.create", args, request_options(timeout, max_retries))
        return result


class Tickets:
    """Tickets: list, iterate, create, update."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(
        self,
        *,
        page: int | None = None,
        limit: int | None = None,
        status: TicketStatus | None = None,
        priority: Priority | None = None,
        assignee_id: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Page[Ticket]:
        """One page, 20 items unless `limit` (1 to 100) says otherwise.

        >>> client.tickets.list(limit=3).limit
        3
        """
        args = {
            "page": page,
            "limit": limit,
            "status": status,
            "priority": priority,
            "assignee_id": assignee_id,
        }
        result: Page[Ticket] = self._client._call("tickets.list", args, request_options(timeout, max_retries))
        return result

    def iter(
        self,
        *,
        status: TicketStatus | None = None,
        priority: Priority | None = None,
        assignee_id: str | None = None,
        limit: int | None = None,
        consistency: Consistency | None = None,
        prefetch: int | None = None,
        max_items: int | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Items[Ticket]:
        """All items across pages, lazily, 100 per request unless `limit` says otherwise, each item once.

        `consistency="strict"` misses nothing even if the list changes meanwhile, at the price of more requests.
        `prefetch` (0 to 16) pages are asked for ahead; `max_items` ends the iteration early. `.pages()` gives whole
        pages, `.report` says what was seen.

        >>> sum(1 for _ in client.tickets.iter(max_items=5))
        5
        """
        args = {"status": status, "priority": priority, "assignee_id": assignee_id, "limit": limit}
        how = {"consistency": consistency, "prefetch": prefetch, "max_items": max_items}
        walk = self._client._native.walk(
            "tickets.iter", args, request_options(timeout, max_retries), how, background=False
        )
        return Items(self._client, walk)

    def create(
        self,
        *,
        title: str,
        description: str,
        priority: Priority | None = None,
        customer_email: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Ticket:
        """Opens a ticket. Never repeated by itself if its fate is unknown: see `ZhifuyunError.maybe_applied`.

        >>> client.tickets.create(title="产品咨询", description="价格", priority="medium").priority
        'medium'
        """
        args = {
            "title": title,
            "description": description,
            "priority": priority,
            "customer_email": customer_email,
        }
        result: Ticket = self._client._call("tickets.create", args, request_options(timeout, max_retries))
        return result

    def update(
        self,
        id: str,
        *,
        status: TicketStatus | None = None,
        comment: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Ticket:
        """Moves a ticket to another state, adds a comment, or both.

        >>> ticket = client.tickets.list(limit=1).items[0]
        >>> client.tickets.update(ticket.id, status="resolved", comment="问题已解决").status
        'resolved'
        """
        args = {"id": id, "status": status, "comment": comment}
        result: Ticket = self._client._call("tickets.update", args, request_options(timeout, max_retries))
        return result


class StatisticsResource:
    """Numbers over a period."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(
        self,
        *,
        type: StatisticsType | None = None,
        start_date: Day | None = None,
        end_date: Day | None = None,
        group_by: GroupBy | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Statistics:
        """Numbers from `start_date` to `end_date`, both included, with `trends` by "day", "week" or "month".

        The units of the averages are those of the server: the API documents none.

        >>> numbers = client.statistics.get(type="ticket", start_date="2024-01-01", end_date="2024-01-31")
        >>> numbers.total_tickets
        0
        """
        args = {"type": type, "start_date": start_date, "end_date": end_date, "group_by": group_by}
        result: Statistics = self._client._call("statistics.get", args, request_options(timeout, max_retries))
        return result
