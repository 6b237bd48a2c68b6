"""All items of a list, page by page.

Nothing is lost on the way from the server to the caller, and nothing comes twice, whoever interrupts: a page stays in
the walk until it is taken, items stay in `_rest` until they are handed out. What takes and hands out is a `for` over a
C function, because a signal handler can run, and raise, right after a call, but not between fetching and `return`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import repeat, starmap
from typing import TYPE_CHECKING, Generic, TypeVar

from ._native import Page
from ._results import Report
from ._types import Self

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._client import Client
    from ._native import NativeWalk

T = TypeVar("T")

__all__ = ["AsyncItems", "AsyncPages", "Items", "Pages"]


class _Walk:
    """What the four iterators share."""

    _walk: NativeWalk

    @property
    def report(self) -> Report:
        """What was seen so far: requests, pages, duplicates dropped, whether the total moved."""
        import json

        return Report(**json.loads(self._walk.report()))

    def __repr__(self) -> str:
        seen = self.report
        name = type(self).__name__
        return f"<{name} items={seen.items} requests={seen.requests} stopped_by={seen.stopped_by!r}>"


class _Items(_Walk, Generic[T]):
    """Items of pages that were taken. Several threads or tasks may share it: each item goes to one of them."""

    def __init__(self, walk: NativeWalk) -> None:
        self._walk = walk
        self._rest: deque[T] = deque()
        # Never ends; without items it raises IndexError, and may be asked again.
        self._at_hand: Iterator[T] = starmap(self._rest.popleft, repeat(()))

    def _take(self) -> bool:
        """Takes the page that is there. False if there is nothing to hand out."""
        for page in iter(self._walk.take, None):
            self._rest.extend(page.items)
        return bool(self._rest)


class Pages(_Walk, Generic[T]):
    """The pages of a list, each with only items that were not delivered before. An iterator."""

    def __init__(self, client: Client, walk: NativeWalk) -> None:
        self._client, self._walk = client, walk

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page[T]:
        while self._client._next(self._walk):
            page: Page[T]
            for page in iter(self._walk.take, None):
                return page
        raise StopIteration


class Items(_Items[T]):
    """All items of a list, lazily. An iterator.

    After an error, going on asks for the same page again.
    """

    def __init__(self, client: Client, walk: NativeWalk) -> None:
        super().__init__(walk)
        self._client = client

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            try:
                for item in self._at_hand:
                    return item
            except IndexError:
                pass
            more = self._client._next(self._walk)
            if not self._take() and not more:
                raise StopIteration

    def pages(self) -> Pages[T]:
        """The same list page by page. Items of a page that was begun are not repeated."""
        return Pages(self._client, self._walk)


class AsyncPages(_Walk, Generic[T]):
    """The pages of a list, each with only items that were not delivered before. An asynchronous iterator."""

    def __init__(self, client: AsyncClient, walk: NativeWalk) -> None:
        self._client, self._walk = client, walk

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        while await self._client._next(self._walk):
            page: Page[T]
            for page in iter(self._walk.take, None):
                return page
        raise StopAsyncIteration


class AsyncItems(_Items[T]):
    """All items of a list, lazily. An asynchronous iterator.

    After an error, going on asks for the same page again.
    """

    def __init__(self, client: AsyncClient, walk: NativeWalk) -> None:
        super().__init__(walk)
        self._client = client

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            try:
                for item in self._at_hand:
                    return item
            except IndexError:
                pass
            more = await self._client._next(self._walk)
            if not self._take() and not more:
                raise StopAsyncIteration

    def pages(self) -> AsyncPages[T]:
        """The same list page by page. Items of a page that was begun are not repeated."""
        return AsyncPages(self._client, self._walk)
