"""asyncio: batches, cancellation, loops that close early, other loops."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import LOOPS, Script, sockets
from zhifuyun import ClosedError, InvalidArgumentError, NotFoundError
from zhifuyun._loop import _queues
from zhifuyun.testing import World

pytestmark = pytest.mark.rows("H3")
HUNG = {"path": "/v1/tickets"}


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Nothing is left behind that complains when it is collected."""
    yield
    gc.collect()


async def until(holds: Callable[[], bool]) -> None:
    """Waits until it holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_operations(loop: asyncio.AbstractEventLoop, world: World) -> None:
    async def main() -> None:
        async with world.async_client() as client:
            await client.authenticate()
            page = await client.conversations.list(limit=5)
            assert (len(page), page.total) == (5, 50)
            assert (await client.conversations.get(page[0].id)).created_at == page[0].created_at
            ticket = await client.tickets.create(title="t", description="d")
            assert (await client.tickets.update(ticket.id, comment="c")).id == ticket.id
            assert (await client.statistics.get()).total_conversations == 50
            items = client.conversations.iter(prefetch=2, limit=10)
            ids = [item.id async for item in items]
            assert len(set(ids)) == 50
            assert items.report.complete
            pages = [len(page) async for page in client.tickets.iter(limit=10).pages()]
            assert sum(pages) == 21
            with pytest.raises(NotFoundError):
                await client.conversations.get("missing")
            with pytest.raises(InvalidArgumentError):
                client.tickets.iter(prefetch=-1)
            with pytest.raises(InvalidArgumentError):
                await client.tickets.list(limit=0)
            assert client.quota().limit is None
        with pytest.raises(ClosedError):
            await client.tickets.list()

    loop.run_until_complete(main())


def test_many_at_once(loop: asyncio.AbstractEventLoop, shared: World) -> None:
    async def main() -> None:
        async with shared.async_client() as client:
            ids = [f"conv_{n % 50 + 1:06}" for n in range(1000)]
            turn = asyncio.Semaphore(64)

            async def get(id: str) -> str:
                async with turn:
                    return (await client.conversations.get(id)).id

            assert await asyncio.gather(*map(get, ids)) == ids

    loop.run_until_complete(main())


def test_cancelling_frees_the_connection_100_times(loop: asyncio.AbstractEventLoop, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)

    async def main() -> None:
        async with world.async_client() as client:
            await client.conversations.list()
            before = sockets()
            for round in range(100):
                task = asyncio.ensure_future(client.tickets.list())
                await asyncio.sleep(0.002 * (round % 3))
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await until(lambda: sockets() <= before)
            assert (await client.conversations.list()).total == 50
            assert all(queue.pending == 0 for _, queue in _queues.values())

    loop.run_until_complete(main())


def test_timeout(loop: asyncio.AbstractEventLoop, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)

    async def main() -> None:
        async with world.async_client() as client:
            before = sockets()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.tickets.list(timeout=1000), 0.1)
            await until(lambda: sockets() <= before)

    loop.run_until_complete(main())


def test_cancelled_iteration_goes_on(loop: asyncio.AbstractEventLoop, world: World) -> None:
    world.fault({"delay_ms": 300}, match={"path": "/v1/conversations"}, when={"nth": 2})

    async def main() -> None:
        async with world.async_client() as client:
            items = client.conversations.iter(limit=10)
            seen = []
            while True:
                try:
                    seen.append(await asyncio.wait_for(items.__anext__(), 0.1))
                except asyncio.TimeoutError:
                    seen.append(None)
                except StopAsyncIteration:
                    break
            ids = [item.id for item in seen if item is not None]
            assert None in seen
            assert len(ids) == len(set(ids)) == 50

    loop.run_until_complete(main())


@pytest.mark.parametrize("make", LOOPS, ids=["asyncio", "uvloop", "unwatching"])
def test_a_loop_that_closes_early_100_times(make: Any, world: World, recwarn: pytest.WarningsRecorder) -> None:
    world.fault({"delay_ms": 20}, match=HUNG)
    client = world.async_client()
    for _ in range(100):
        loop = make()
        task = loop.create_task(client.tickets.list())
        loop.run_until_complete(asyncio.sleep(0.002))
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        pending = loop.create_task(client.tickets.list())
        loop.run_until_complete(asyncio.sleep(0))
        pending._log_destroy_pending = False  # asyncio's own remark about the caller's negligence
        loop.close()
        del task, pending
    gc.collect()
    time.sleep(0.05)
    other = make()
    assert other.run_until_complete(client.conversations.list()).total == 50
    other.close()
    assert not [w for w in recwarn if "zhifuyun" in str(w.message)]


def test_loops_are_not_kept_alive(world: World) -> None:
    for make in LOOPS:
        loop = make()
        loop.run_until_complete(world.async_client().tickets.list())
        loop.close()
        gone = weakref.ref(loop)
        del loop
        gc.collect()
        assert gone() is None, make


@pytest.mark.parametrize("make", LOOPS, ids=["asyncio", "uvloop", "unwatching"])
def test_loops_closed_over_calls_are_not_kept_alive(make: Any, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)
    client = world.async_client()

    def close_over_a_call() -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = make()
        pending = loop.create_task(client.tickets.list())
        loop.run_until_complete(until(lambda: loop in _queues and _queues[loop][1].pending == 1))
        pending._log_destroy_pending = False  # asyncio's own remark about the caller's negligence
        loop.close()
        return weakref.ref(loop)

    async def count() -> int:
        return sockets()

    other = make()
    before = other.run_until_complete(count())
    gone = [close_over_a_call() for _ in range(3)]
    assert other.run_until_complete(client.conversations.list()).total == 50
    gc.collect()
    assert [loop() for loop in gone] == [None] * 3
    # One connection is that of the call that has ended.
    other.run_until_complete(until(lambda: sockets() <= before + 1))
    other.close()


def test_loops_in_threads(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = world.async_client()

    async def some() -> int:
        pages = await asyncio.gather(*(client.conversations.list(limit=1) for _ in range(20)))
        return sum(page.total or 0 for page in pages)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: asyncio.run(some()), range(16))) == [1000] * 16


def test_garbage_collected_with_a_call_under_way(script: Script, world: World) -> None:
    world.fault({"delay_ms": 100}, match=HUNG)
    script.prints(
        """
        import asyncio, gc
        async def main():
            for _ in range(20):
                client = AsyncClient(**OPTIONS)
                task = asyncio.ensure_future(client.tickets.list())
                await asyncio.sleep(0.005)
                del client
                gc.collect()
                if _ % 2:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                else:
                    assert (await task).total == 20
        asyncio.run(main())
        print("good")
        """,
        "good",
    )
