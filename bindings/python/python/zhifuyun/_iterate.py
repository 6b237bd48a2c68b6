"""All items of a list, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from ._results import Report

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._async_client import AsyncClient
    from ._client import Client
    from ._native import NativeWalk, Page

T = TypeVar("T")

__all__ = ["AsyncItems", "AsyncPages", "Items", "Pages"]


class _Walk:
    """What the four iterators share."""

    _walk: NativeWalk

    @property
    def report(self) -> Report:
        """What was seen so far: requests, pages, duplicates dropped, whether the total moved."""
        return Report(**json.loads(self._walk.report()))


class Pages(_Walk, Generic[T]):
    """The pages of a list, each with only items that were not delivered before. An iterator."""

    def __init__(self, client: Client, walk: NativeWalk) -> None:
        self._client, self._walk = client, walk

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page[T]:
        while self._client._next(self._walk):
            # A page that arrived stays in the walk until it is taken, so an interrupt before this line loses nothing.
            page: Page[T] | None = self._walk.take()
            if page is not None:
                return page
        raise StopIteration


class Items(_Walk, Generic[T]):
    """All items of a list, lazily. An iterator.

    After an error, going on asks for the same page again.
    """

    def __init__(self, client: Client, walk: NativeWalk) -> None:
        self._walk = walk
        self._pages: Pages[T] = Pages(client, walk)
        self._rest: Iterator[T] = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for item in self._rest:
                return item
            self._rest = iter(next(self._pages).items)

    def pages(self) -> Pages[T]:
        """The same list page by page. Items of a page that was begun are not repeated."""
        return self._pages


class AsyncPages(_Walk, Generic[T]):
    """The pages of a list, each with only items that were not delivered before. An asynchronous iterator."""

    def __init__(self, client: AsyncClient, walk: NativeWalk) -> None:
        self._client, self._walk = client, walk

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        while await self._client._next(self._walk):
            # A page that arrived stays in the walk until it is taken, so a cancellation before this line loses nothing.
            page: Page[T] | None = self._walk.take()
            if page is not None:
                return page
        raise StopAsyncIteration


class AsyncItems(_Walk, Generic[T]):
    """All items of a list, lazily. An asynchronous iterator.

    After an error, going on asks for the same page again.
    """

    def __init__(self, client: AsyncClient, walk: NativeWalk) -> None:
        self._walk = walk
        self._pages: AsyncPages[T] = AsyncPages(client, walk)
        self._rest: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._rest:
                return item
            self._rest = iter((await self._pages.__anext__()).items)

    def pages(self) -> AsyncPages[T]:
        """The same list page by page. Items of a page that was begun are not repeated."""
        return self._pages
