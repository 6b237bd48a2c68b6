"""Threads, garbage, many clients."""

from __future__ import annotations

import gc
import resource
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Script
from zhifuyun import Client
from zhifuyun.testing import World


@pytest.mark.rows("H8")
def test_64_threads_share_a_client(shared: World) -> None:
    before = len([e for e in shared.journal() if e["path"] == "/oauth/token"])
    with shared.client() as client, ThreadPoolExecutor(64) as threads:
        ids = [f"conv_{n % 50 + 1:06}" for n in range(1280)]
        assert list(threads.map(lambda id: client.conversations.get(id).id, ids)) == ids
    tokens = len([e for e in shared.journal() if e["path"] == "/oauth/token"])
    assert tokens == before + 1, "one token for all"


def test_threads_share_an_iteration(shared: World) -> None:
    with shared.client() as client:
        pages = client.conversations.iter(limit=5).pages()

        def some(_: int) -> list[str]:
            page = next(pages, None)
            return [item.id for item in page] if page else []

        with ThreadPoolExecutor(8) as threads:
            ids = [id for part in threads.map(some, range(12)) for id in part]
    assert len(ids) == len(set(ids)) == 50


@pytest.mark.rows("H5")
def test_clients_are_freed_without_close_and_without_the_collector(shared: World) -> None:
    gc.disable()
    try:
        client = shared.client()
        client.tickets.list()
        gone = weakref.ref(client._native) if hasattr(client._native, "__weakref__") else weakref.ref(client)
        del client
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.rows("H5")
def test_10000_clients(script: Script) -> None:
    script.prints(
        """
        import resource
        Client(**OPTIONS).tickets.list()
        def resident():
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize() / 1e6
        before, began = resident(), time.monotonic()
        clients = [Client(**OPTIONS) for _ in range(10_000)]
        took, grown = time.monotonic() - began, resident() - before
        for client in clients[::1000]:
            assert client.tickets.list().total == 20
        threads = len(os.listdir("/proc/self/task"))
        del clients, client
        files = len(os.listdir("/proc/self/fd"))
        for _ in range(500):
            assert Client(**OPTIONS).tickets.list().total == 20
        left = len(os.listdir("/proc/self/fd")) - files
        print(took < 60 or took, grown < 200 or grown, threads, left)
        """,
        # One thread for all of them, and no descriptor that a client left behind.
        "True True 1 0",
    )


def resident() -> float:
    """Memory in use in MB, not the most that there ever was."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.rows("H5")
def test_memory_does_not_grow(shared: World) -> None:
    def some(client: Client) -> None:
        for _ in range(150):
            page = client.conversations.list(limit=50)
            assert [item.created_at for item in page]
            assert page.to_dict()

    with shared.client() as client:
        some(client)
        before = resident()
        for _ in range(4):
            some(client)
        grown = resident() - before
    # 600 pages of 50 records take 20 MB and more.
    assert grown < 8


def test_the_lock_is_released_during_calls(world: World) -> None:
    world.fault({"delay_ms": 300}, match={"path": "/v1/tickets"})
    with world.client() as client, ThreadPoolExecutor(1) as threads:
        client.authenticate()
        call = threads.submit(client.tickets.list)
        turns = 0
        while not call.done():
            turns += 1
            time.sleep(0.001)
        assert turns >= 2
