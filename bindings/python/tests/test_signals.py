"""Ctrl-C ends a blocking call within 200 ms, and the client goes on working."""

from __future__ import annotations

from conftest import Script
from zhifuyun.testing import World

HUNG = {"path": "/v1/tickets"}


def test_interrupt_100_times(script: Script, world: World) -> None:
    world.fault({"delay_ms": 60_000}, match=HUNG)
    script.prints(
        """
        import random, signal
        client = Client(**OPTIONS)
        client.authenticate()
        sent, worst = [], 0.0

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
                worst = max(worst, time.monotonic() - sent[-1])
            else:
                print("not interrupted")
            thread.join()
        print(worst < 0.2 or worst, client.conversations.list().total)
        """,
        "True 50",
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
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
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
            print(time.monotonic() - began[0] < 0.3)
        """,
        "True",
    )
