"""The client for asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._async_resources import AsyncConversations, AsyncStatisticsResource, AsyncTickets
from ._base import BaseClient, request_options
from ._loop import completions
from ._types import Seconds, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ._native import Completions, NativeWalk

__all__ = ["AsyncClient"]


class AsyncClient(BaseClient):
    """A client of the Zhifuyun API for asyncio, also with uvloop. It takes the options of `zhifuyun.Client`.

    Cancelling a task, or an `asyncio.timeout`, ends its request and closes its connection. One client may be
    used by several loops, each in its own thread.

        async with AsyncClient.from_env() as client:
            async for ticket in client.tickets.iter(priority="high"):
                print(ticket.id, ticket.title)
    """

    @property
    def conversations(self) -> AsyncConversations:
        """Conversations: list, iterate, read, create."""
        return AsyncConversations(self)

    @property
    def tickets(self) -> AsyncTickets:
        """Tickets: list, iterate, create, update."""
        return AsyncTickets(self)

    @property
    def statistics(self) -> AsyncStatisticsResource:
        """Numbers over a period."""
        return AsyncStatisticsResource(self)

    async def authenticate(self, *, timeout: Seconds | None = None, max_retries: int | None = None) -> None:
        """Asks for a token now, to find out whether the credentials are good. Not needed otherwise.

        Raises AuthenticationError if they are not.
        """
        await self._call("authenticate", {}, request_options(timeout, max_retries))

    def _call(self, operation: str, args: dict[str, Any], options: dict[str, Any] | None) -> Awaitable[Any]:
        loop = asyncio.get_running_loop()
        queue, future = completions(loop), loop.create_future()
        return self._wait(queue, future, queue.start(future, self._native, operation, args, options))

    def _next(self, walk: NativeWalk) -> Awaitable[bool]:
        loop = asyncio.get_running_loop()
        queue, future = completions(loop), loop.create_future()
        return self._wait(queue, future, queue.next(future, walk))

    async def _wait(self, queue: Completions, future: asyncio.Future[Any], number: int) -> Any:
        try:
            return await future
        except BaseException:
            # Cancelled, or the loop was closed over it: nobody wants the answer.
            queue.forget(number)
            raise
        finally:
            self._tell()

    async def close(self) -> None:
        """Closes idle connections. Further calls raise ClosedError; calls under way end as they would."""
        self._native.close()
        self._tell()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
