"""The contract through `Client`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import project
import suite
from matching import Failed
from scenario import Outcome, caught
from zhifuyun import Client, ZhifuyunError


class Sync:
    """The client of one scenario."""

    client: Client | None = None

    def make(self, options: dict[str, Any]) -> None:
        self.client = Client(**options)

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
        with ThreadPoolExecutor(parallel) as threads:
            work = [threads.submit(caught, lambda: project.answer(method(*ids, **rest))) for _ in range(times)]
            return [each.result() for each in work]

    def iterate(self, name: str, given: dict[str, Any], most: int | None, after: Callable[[int], None]) -> Outcome:
        try:
            items = self.find(name)(**given)
        except ZhifuyunError as e:
            return None, project.error(e)
        seen, error = [], None
        try:
            while most is None or len(seen) < most:
                seen.append(next(items))
                after(len(seen))
        except StopIteration:
            pass
        except ZhifuyunError as e:
            error = project.error(e)
        return project.walked(seen, items.report), error

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


def test_contract() -> None:
    suite.run("python", Sync)
