"""What the tests share: worlds on one mock server, loops, and scripts in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from zhifuyun import Client
from zhifuyun.testing import MockServer, World

Ended = tuple[subprocess.CompletedProcess[str], float]
SEED = {"seed": 42, "conversations": 50, "tickets": 20}
OPEN = {"plan": "off"}


def sockets() -> int:
    """How many sockets this process has open."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            pass
    return count


@pytest.fixture(scope="session")
def shared(zhifuyun_server: MockServer) -> World:
    """A world with data that no test changes."""
    return zhifuyun_server.world(seed=SEED, limits=OPEN)


@pytest.fixture
def world(zhifuyun_server: MockServer) -> Iterator[World]:
    """A world with data, for one test."""
    made = zhifuyun_server.world(seed=SEED, limits=OPEN)
    yield made
    made.control("DELETE", "")


@pytest.fixture
def client(shared: World) -> Iterator[Client]:
    """A client of `shared`."""
    with shared.client() as made:
        yield made


LOOPS: list[Any] = [asyncio.new_event_loop]
if sys.platform != "win32":
    import uvloop

    LOOPS.append(uvloop.new_event_loop)


class Unwatching(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, as Windows' proactor loop."""

    # The loop's own plumbing uses `_add_reader`.
    def add_reader(self, *_: Any) -> None:
        raise NotImplementedError


LOOPS.append(Unwatching)


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop", "unwatching"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """Each kind of event loop."""
    made = request.param()
    yield made
    if not made.is_closed():
        made.run_until_complete(made.shutdown_asyncgens())
        made.close()


PROLOGUE = """
import json, os, signal, sys, threading, time
# A shell starts background jobs with interrupts ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from zhifuyun import Client, AsyncClient
import zhifuyun
OPTIONS = json.loads(sys.argv[1])
IDS = [f"conv_{n:06}" for n in range(1, 51)]
"""


class Script:
    """Python code in a process of its own, with `OPTIONS` for a client."""

    def __init__(self, world: World) -> None:
        self.options = json.dumps(
            {
                "base_url": world.url,
                "client_id": world.client_id,
                "client_secret": world.client_secret,
                "plan": "off",
            }
        )

    def arguments(self, code: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-W", "ignore", "-c", PROLOGUE + textwrap.dedent(code), self.options]

    def run(self, code: str, timeout: float = 300, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        command = self.arguments(code)
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)

    def prints(self, code: str, wanted: str, **options: Any) -> None:
        """Runs it; it must end well, silently, and print exactly this."""
        done = self.run(code, **options)
        assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", wanted)

    def repeat(self, times: int, check: Callable[[Ended], None], code: str) -> None:
        """Runs it often, a few at once; `check` gets each with the time at which it ended."""

        def once(_: int) -> Ended:
            done = self.run(code)
            return done, time.monotonic()

        with ThreadPoolExecutor(2) as threads:
            for ended in threads.map(once, range(times)):
                check(ended)


@pytest.fixture
def script(world: World) -> Script:
    """Scripts in `world`."""
    return Script(world)
