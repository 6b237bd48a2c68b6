"""Ctrl-C ends a blocking call within 200 ms, and the client goes on working."""

from __future__ import annotations

import pytest
from conftest import Script
from zhifuyun.testing import World

pytestmark = pytest.mark.rows("H2")
HUNG = {"path": "/v1/tickets"}


def test_interrupt_100_times(script: Script, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)
    script.prints(
        """
        import random, signal
        client = Client(**OPTIONS)
        client.authenticate()
        sent, took = [], []

        def interrupt(after):
            time.sleep(after)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        for n in range(100):
            thread = threading.Thread(target=interrupt, args=(random.random() * 0.02,))
            try:
                thread.start()
                if n % 2:
                    client.tickets.list()
                else:
                    next(client.tickets.iter(prefetch=2))
            except KeyboardInterrupt:
                took.append(time.monotonic() - sent[-1])
            else:
                print("not interrupted")
            thread.join()
        took.sort()
        # The middle tells what this package does, the last what a busy machine does.
        print(len(took), took[50] < 0.2 or took, took[-1] < 10 or took, client.conversations.list().total)
        """,
        "100 True True 50",
    )


def test_a_handler_that_returns_does_not_end_the_call(script: Script, world: World) -> None:
    world.fault({"delay_ms": 400}, match=HUNG)
    script.prints(
        """
        import signal
        rang = []
        signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        total = Client(**OPTIONS).tickets.list().total
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(total, len(rang) > 2)
        """,
        "20 True",
    )


def test_what_a_handler_raises_comes_out(script: Script, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)
    script.prints(
        """
        import signal
        def ring(*_):
            raise LookupError("ring")
        signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            Client(**OPTIONS).tickets.list()
        except LookupError as e:
            print(e)
        """,
        "ring",
    )


def test_interrupt_while_asyncio_runs(script: Script, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)
    script.prints(
        """
        import asyncio, signal
        began = []
        async def main():
            async with AsyncClient(**OPTIONS) as client:
                def interrupt():
                    began.append(time.monotonic())
                    os.kill(os.getpid(), signal.SIGINT)
                threading.Timer(0.2, interrupt).start()
                await client.tickets.list()
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print(time.monotonic() - began[0] < 10)
        """,
        "True",
    )
