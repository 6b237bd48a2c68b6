"""The contract through `AsyncClient`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import project
import suite
from matching import Failed
from scenario import Outcome
from zhifuyun import AsyncClient, ZhifuyunError


class Async:
    """The client of one scenario, on a loop of its own."""

    client: AsyncClient | None = None

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def make(self, options: dict[str, Any]) -> None:
        self.client = AsyncClient(**options)

    def find(self, name: str) -> Callable[..., Any]:
        """The method of that name."""
        found: Any = self.client
        for part in name.split("."):
            found = getattr(found, part, None)
        if not callable(found):
            raise Failed(f"unknown operation {name}")
        return found

    def call(self, name: str, given: dict[str, Any], times: int, parallel: int) -> list[Outcome]:
        method = self.find(name)
        # The id is the one positional argument.
        ids = [given["id"]] if "id" in given else []
        rest = {name: value for name, value in given.items() if name != "id"}

        async def all_of_them() -> list[Outcome]:
            turn = asyncio.Semaphore(parallel)

            async def one() -> Outcome:
                async with turn:
                    try:
                        value = method(*ids, **rest)
                        return project.answer(await value if inspect.isawaitable(value) else value), None
                    except ZhifuyunError as e:
                        return None, project.error(e)

            return await asyncio.gather(*(one() for _ in range(times)))

        return self.loop.run_until_complete(all_of_them())

    def iterate(self, name: str, given: dict[str, Any], most: int | None, after: Callable[[int], None]) -> Outcome:
        async def read() -> Outcome:
            try:
                items = self.find(name)(**given)
            except ZhifuyunError as e:
                return None, project.error(e)
            seen, error = [], None
            try:
                while most is None or len(seen) < most:
                    seen.append(await items.__anext__())
                    after(len(seen))
            except StopAsyncIteration:
                pass
            except ZhifuyunError as e:
                error = project.error(e)
            return project.walked(seen, items.report), error

        return self.loop.run_until_complete(read())

    def close(self) -> None:
        if self.client is not None:
            self.loop.run_until_complete(self.client.close())
        self.loop.close()


def test_contract() -> None:
    suite.run("python-async", Async)
