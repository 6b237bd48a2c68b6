"""The interpreter ends within a second and silently, whatever is under way."""

from __future__ import annotations

import subprocess
import textwrap

import pytest
from conftest import Script
from zhifuyun.testing import World

pytestmark = pytest.mark.rows("H4")
ENDINGS = {
    "daemon threads in calls": """
        client = Client(**OPTIONS)
        for _ in range(8):
            threading.Thread(target=client.tickets.list, daemon=True).start()
        time.sleep(0.05)
    """,
    "daemon threads whose calls return meanwhile": """
        client = Client(**OPTIONS)
        client.authenticate()
        def work():
            while True:
                client.conversations.list(limit=1)
        for _ in range(8):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
    """,
    "a loop left behind with calls": """
        import asyncio
        client = AsyncClient(**OPTIONS)
        loop = asyncio.new_event_loop()
        tasks = [loop.create_task(client.tickets.list()) for _ in range(8)]
        for task in tasks:
            task._log_destroy_pending = False
        loop.run_until_complete(asyncio.sleep(0.05))
    """,
    "sys.exit in a coroutine": """
        import asyncio
        async def main():
            client = AsyncClient(**OPTIONS)
            tasks = [asyncio.ensure_future(client.tickets.list()) for _ in range(8)]
            await asyncio.sleep(0.05)
            sys.exit(0)
        asyncio.run(main())
    """,
    "an iteration with pages under way": """
        client = Client(**OPTIONS)
        items = client.conversations.iter(prefetch=4, limit=5)
        next(items)
    """,
}


@pytest.mark.parametrize("name", ENDINGS)
def test_exit_many_times(script: Script, world: World, name: str) -> None:
    world.fault({"delay_ms": 60_000}, match={"path": "/v1/tickets"})
    # The last line of Python that runs notes the time; then threads, modules and the process end.
    code = textwrap.dedent(ENDINGS[name]) + "print(time.monotonic(), flush=True)\n"
    if "sys.exit" in code:
        code = code.replace("sys.exit", "print(time.monotonic(), flush=True); sys.exit")

    took: list[float] = []

    def check(done: tuple[subprocess.CompletedProcess[str], float]) -> None:
        process, ended = done
        assert (process.returncode, process.stderr) == (0, "")
        took.append(ended - float(process.stdout.split()[0]))

    # Threads that come back while the interpreter ends are the race.
    script.repeat(100 if "return meanwhile" in name else 25, check, code)
    # The middle tells what this package does, the last what a busy machine does.
    took.sort()
    assert took[len(took) // 2] < 1
    assert took[-1] < 20
