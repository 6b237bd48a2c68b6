"""Iterating: nothing is lost or comes twice, whoever interrupts or shares it; nobody else is held up by it."""

from __future__ import annotations

import asyncio
import gc
import select
import threading
import time
from typing import Any

import pytest
from conftest import LOOPS, OPEN, SEED, Script
from zhifuyun import Client
from zhifuyun._loop import completions
from zhifuyun.testing import MockServer, World

IDS = {f"conv_{n:06}" for n in range(1, 51)}
WATCHING = pytest.mark.parametrize("make", LOOPS[:-1], ids=["asyncio", "uvloop"])
TOKEN = {"path": "/oauth/token"}
CONVERSATIONS = {"path": "/v1/conversations"}


@WATCHING
@pytest.mark.parametrize("settled", [False, True], ids=["in the queue", "in the future"])
@pytest.mark.parametrize("whole", [False, True], ids=["items", "pages"])
@pytest.mark.rows("H3")
def test_cancelled_in_the_moment_of_success(make: Any, settled: bool, whole: bool, shared: World) -> None:
    """The page has landed, the task that waits for it has not run again, and is cancelled."""

    async def main() -> None:
        async with shared.async_client() as client:
            items = client.conversations.iter(limit=10)
            walk: Any = items.pages() if whole else items
            task = asyncio.ensure_future(walk.__anext__())
            await asyncio.sleep(0)
            queue = completions(asyncio.get_running_loop())
            assert select.select([queue.fileno()], [], [], 30)[0]
            if settled:
                queue.deliver()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert items.report.items == 0, "what nobody took does not count"
            ids = [item.id async for item in items]
            assert len(ids) == 50
            assert set(ids) == IDS
            assert (items.report.items, items.report.complete) == (50, True)

    loop = make()
    loop.run_until_complete(main())
    loop.close()


@pytest.mark.rows("H2")
def test_alarms_lose_nothing(script: Script, world: World) -> None:
    """A signal handler raises again and again, also while a page lands and while items are handed out."""
    world.fault({"delay_ms": 5}, match=CONVERSATIONS)
    script.prints(
        """
        import random, signal
        class Ring(Exception): pass
        def ring(*_): raise Ring
        signal.signal(signal.SIGALRM, ring)
        client, rang, wrong = Client(**OPTIONS), 0, []
        client.authenticate()
        for round in range(100):
            items = client.conversations.iter(limit=10, prefetch=round % 3)
            source = items.pages() if round % 2 else items
            seen, done = [], False
            while not done:
                try:
                    signal.setitimer(signal.ITIMER_REAL, random.random() * 0.02)
                    for each in source:
                        seen += each if round % 2 else [each]
                    done = True
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Ring:
                    rang += 1
            if sorted(item.id for item in seen) != IDS or items.report.items != 50:
                wrong.append((round, len(seen), items.report))
        print(wrong, rang > 20)
        """,
        "[] True",
    )


@pytest.mark.parametrize("prefetch", [0, 2])
def test_shared_by_threads(client: Client, prefetch: int) -> None:
    items = client.conversations.iter(limit=5, prefetch=prefetch)
    seen: list[str] = []

    def work() -> None:
        for item in items:
            seen.append(item.id)
            time.sleep(0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 50
    assert set(seen) == IDS
    assert (items.report.items, items.report.complete) == (50, True)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_shared_by_tasks(loop: asyncio.AbstractEventLoop, shared: World, prefetch: int) -> None:
    async def main() -> None:
        async with shared.async_client() as client:
            items = client.conversations.iter(limit=5, prefetch=prefetch)
            seen: list[str] = []

            async def work() -> None:
                async for item in items:
                    seen.append(item.id)
                    await asyncio.sleep(0.001)

            await asyncio.gather(*(work() for _ in range(4)))
            assert len(seen) == 50
            assert set(seen) == IDS
            assert (items.report.items, items.report.complete) == (50, True)

    loop.run_until_complete(main())


def test_a_cancelled_wait_holds_nobody_up(loop: asyncio.AbstractEventLoop, world: World) -> None:
    """The iteration was waiting for the token, and is kept: others must get the token all the same."""
    world.fault({"delay_ms": 1000}, match=TOKEN, when={"first": 1})

    async def main() -> None:
        async with world.async_client() as client:
            items = client.conversations.iter(limit=10)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(items.__anext__(), 0.05)
            assert (await client.tickets.list(timeout=30)).total == 20
            assert len([item async for item in items]) == 50

    loop.run_until_complete(main())
    assert len(world.journal(path="/oauth/token")) == 1


@pytest.mark.rows("H2")
def test_an_interrupted_wait_holds_nobody_up(script: Script, world: World) -> None:
    """The same where the calling thread does the work; the connection is closed as well."""
    world.fault({"delay_ms": 60_000}, match=TOKEN, when={"first": 1})
    world.fault({"delay_ms": 60_000}, match=CONVERSATIONS, when={"first": 1})
    script.prints(
        """
        import signal
        def sockets():
            names = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
            return sum(os.path.exists(n) and os.readlink(n).startswith("socket:") for n in names)
        def ring(*_): raise LookupError
        signal.signal(signal.SIGALRM, ring)
        client = Client(**OPTIONS)
        items, before = client.conversations.iter(limit=10), sockets()
        for hangs in ("the token", "the page"):
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            try:
                next(items)
            except LookupError:
                print(hangs, sockets() - before, client.tickets.list(timeout=30).total)
            before = sockets()
        print(sum(1 for _ in items), items.report.complete)
        """,
        "the token 0 20\nthe page -1 20\n50 True",
    )


SHORT = 2.0


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_slow_reader_meets_no_deadline(world: World, prefetch: int) -> None:
    with world.client(timeout=SHORT) as client:
        seen = 0
        for seen, _ in enumerate(client.conversations.iter(limit=10, prefetch=prefetch), 1):
            if seen == 11:
                time.sleep(SHORT * 1.1)
        assert seen == 50


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_slow_reader_meets_no_deadline_async(world: World, prefetch: int) -> None:
    async def main() -> None:
        async with world.async_client(timeout=SHORT) as client:
            seen = 0
            async for _ in client.conversations.iter(limit=10, prefetch=prefetch):
                seen += 1
                if seen == 11:
                    await asyncio.sleep(SHORT * 1.1)
            assert seen == 50

    asyncio.run(main())


def test_dropping_a_walk_anywhere(script: Script, world: World) -> None:
    """In the middle of a request, while the loop runs, after it was closed, and on another thread."""
    world.fault({"delay_ms": 100}, match=TOKEN, when={"first": 1})
    world.fault({"delay_ms": 20}, match=CONVERSATIONS)
    script.prints(
        """
        import asyncio
        left = []
        async def main():
            for client in (AsyncClient(**OPTIONS), AsyncClient(**OPTIONS)):
                for wait in (0.03, 0.3):
                    items = client.conversations.iter(limit=10, prefetch=2)
                    try:
                        await asyncio.wait_for(items.__anext__(), wait)
                    except asyncio.TimeoutError:
                        pass
                    left.append(items)
                    await asyncio.sleep(0.01)
                    left.append(client.conversations.iter())
                del items
                left.pop(0)
                assert (await client.tickets.list()).total == 20
        asyncio.run(main())
        thread = threading.Thread(target=left.clear)
        thread.start()
        thread.join()
        print("good")
        """,
        "good",
    )


def test_what_is_shown_of_it(zhifuyun_server: MockServer) -> None:
    world = zhifuyun_server.world(seed=SEED, limits=OPEN)
    with world.client() as client:
        items = client.conversations.iter(limit=10)
        assert repr(items) == "<Items items=0 requests=0 stopped_by='not_finished'>"
        next(items)
        assert repr(items.pages()) == "<Pages items=10 requests=1 stopped_by='not_finished'>"
    assert repr(world.async_client().tickets.iter()).startswith("<AsyncItems items=0")
    gc.collect()
