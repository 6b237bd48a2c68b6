"""The resources of `AsyncClient`: which operations there are and what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import request_options
from ._iterate import AsyncItems
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
    from ._async_client import AsyncClient


class AsyncConversations:
    """Conversations: list, iterate, read, create."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def list(
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
        """
        args = {
            "page": page,
            "limit": limit,
            "status": status,
            "start_time": start_time,
            "end_time": end_time,
        }
        result: Page[Conversation] = await self._client._call(
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
    ) -> AsyncItems[Conversation]:
        """All items across pages, lazily, 100 per request unless `limit` says otherwise, each item once.

        `consistency="strict"` misses nothing even if the list changes meanwhile, at the price of more requests.
        `prefetch` (0 to 16) pages are asked for ahead; `max_items` ends the iteration early. `.pages()` gives whole
        pages, `.report` says what was seen.
        """
        args = {"status": status, "start_time": start_time, "end_time": end_time, "limit": limit}
        how = {"consistency": consistency, "prefetch": prefetch, "max_items": max_items}
        walk = self._client._native.walk(
            "conversations.iter", args, request_options(timeout, max_retries), how, background=True
        )
        return AsyncItems(self._client, walk)

    async def get(
        self,
        id: str,
        *,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Conversation:
        """One conversation by its id. Raises NotFoundError if there is none."""
        args = {"id": id}
        result: Conversation = await self._client._call(
            "conversations.get", args, request_options(timeout, max_retries)
        )
        return result

    async def create(
        self,
        *,
        user_id: str,
        channel: Channel,
        initial_message: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Conversation:
        """Begins a conversation in the name of a customer. Never repeated by itself if its fate is unknown."""
        args = {"user_id": user_id, "channel": channel, "initial_message": initial_message}
        result: Conversation = await self._client._call(
            "conversations.create", args, request_options(timeout, max_retries)
        )
        return result


class AsyncTickets:
    """Tickets: list, iterate, create, update."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def list(
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
        """One page, 20 items unless `limit` (1 to 100) says otherwise."""
        args = {
            "page": page,
            "limit": limit,
            "status": status,
            "priority": priority,
            "assignee_id": assignee_id,
        }
        result: Page[Ticket] = await self._client._call("tickets.list", args, request_options(timeout, max_retries))
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
    ) -> AsyncItems[Ticket]:
        """All items across pages, lazily, 100 per request unless `limit` says otherwise, each item once.

        `consistency="strict"` misses nothing even if the list changes meanwhile, at the price of more requests.
        `prefetch` (0 to 16) pages are asked for ahead; `max_items` ends the iteration early. `.pages()` gives whole
        pages, `.report` says what was seen.
        """
        args = {"status": status, "priority": priority, "assignee_id": assignee_id, "limit": limit}
        how = {"consistency": consistency, "prefetch": prefetch, "max_items": max_items}
        walk = self._client._native.walk(
            "tickets.iter", args, request_options(timeout, max_retries), how, background=True
        )
        return AsyncItems(self._client, walk)

    async def create(
        self,
        *,
        title: str,
        description: str,
        priority: Priority | None = None,
        customer_email: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Ticket:
        """Opens a ticket. Never repeated by itself if its fate is unknown: see `ZhifuyunError.maybe_applied`."""
        args = {
            "title": title,
            "description": description,
            "priority": priority,
            "customer_email": customer_email,
        }
        result: Ticket = await self._client._call("tickets.create", args, request_options(timeout, max_retries))
        return result

    async def update(
        self,
        id: str,
        *,
        status: TicketStatus | None = None,
        comment: str | None = None,
        timeout: Seconds | None = None,
        max_retries: int | None = None,
    ) -> Ticket:
        """Moves a ticket to another state, adds a comment, or both."""
        args = {"id": id, "status": status, "comment": comment}
        result: Ticket = await self._client._call("tickets.update", args, request_options(timeout, max_retries))
        return result


class AsyncStatisticsResource:
    """Numbers over a period."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def get(
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
        """
        args = {"type": type, "start_date": start_date, "end_date": end_date, "group_by": group_by}
        result: Statistics = await self._client._call("statistics.get", args, request_options(timeout, max_retries))
        return result
