"""Forking after first use: no hang, no mixed-up answer, the parent undisturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Script
from zhifuyun.testing import World

pytestmark = [
    pytest.mark.rows("H1"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]


def test_fork_after_first_use_100_times(script: Script) -> None:
    script.prints(
        """
        client = Client(**OPTIONS)
        client.conversations.get(IDS[0])
        for round in range(100):
            pid = os.fork()
            for n in range(3):
                wanted = IDS[(round * 3 + n + (25 if pid else 0)) % 50]
                got = client.conversations.get(wanted, timeout=60).id
                if got != wanted:
                    print("mixed up", flush=True)
            if pid == 0:
                os._exit(7)
            if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 7:
                print("the child failed")
        print("good")
        """,
        "good",
    )


def test_fork_with_threads_and_a_loop_busy(script: Script) -> None:
    """Calls run in four threads and on a loop while the process forks again and again."""
    script.prints(
        """
        import asyncio
        client, other = Client(**OPTIONS), AsyncClient(**OPTIONS)
        stop, wrong = threading.Event(), []

        def work(seed):
            n = seed
            while not stop.is_set():
                n += 1
                if client.conversations.get(IDS[n % 50]).id != IDS[n % 50]:
                    wrong.append(n)

        async def calls():
            n = 0
            while not stop.is_set():
                n += 1
                if (await other.conversations.get(IDS[n % 50])).id != IDS[n % 50]:
                    wrong.append(n)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        threads.append(threading.Thread(target=lambda: asyncio.run(calls())))
        for thread in threads:
            thread.start()
        time.sleep(0.1)

        async def in_the_child():
            return (await other.conversations.get(IDS[3], timeout=60)).id

        for round in range(100):
            pid = os.fork()
            if pid == 0:
                same = client.conversations.get(IDS[round % 50], timeout=60).id == IDS[round % 50]
                os._exit(7 if same and asyncio.run(in_the_child()) == IDS[3] else 8)
            if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 7:
                wrong.append(pid)
        stop.set()
        for thread in threads:
            thread.join()
        print(wrong)
        """,
        "[]",
        timeout=300,
    )


def test_iterations_do_not_cross_a_fork(script: Script) -> None:
    script.prints(
        """
        client = Client(**OPTIONS)
        items = client.conversations.iter(limit=10)
        first = next(items).id
        pid = os.fork()
        if pid == 0:
            try:
                list(items)
            except zhifuyun.ClosedError as e:
                again = len(list(client.conversations.iter(limit=10)))
                os._exit(again)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 50
        print(1 + sum(1 for _ in items))
        """,
        "50",
    )


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(script: Script, tmp_path: Path, method: str) -> None:
    module = tmp_path / "jobs.py"
    module.write_text(
        "import sys, json, zhifuyun\n"
        "client = zhifuyun.Client(**json.loads(sys.argv[1]))\n"
        "def get(id): return client.conversations.get(id).id == id\n"
        "def page(n): return client.conversations.list(page=n, limit=5)\n",
        "utf-8",
    )
    script.prints(
        f"""
        import multiprocessing
        import jobs
        if __name__ == "__main__":
            jobs.get(IDS[0])
            with multiprocessing.get_context({method!r}).Pool(3) as pool:
                good = all(pool.map(jobs.get, IDS * 4, chunksize=5))
                pages = pool.map(jobs.page, range(1, 11))
            print(good, len({{item.id for page in pages for item in page}}))
        """,
        "True 50",
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )


APP = """
import json, os, sys, urllib.parse
from zhifuyun import Client
client = Client(**json.loads(os.environ["OPTIONS"]))
client.conversations.get("conv_000001")      # used before the workers are forked
def app(environ, start_response):
    id = urllib.parse.parse_qs(environ["QUERY_STRING"])["id"][0]
    got = client.conversations.get(id, timeout=60).id
    start_response("200 OK", [("content-type", "text/plain")])
    return [f"{os.getpid()} {got}".encode()]
"""


def test_gunicorn_preload(script: Script, world: World, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP, "utf-8")
    socket = tmp_path / "port"
    command = [sys.executable, "-m", "gunicorn", "app:app", "--preload", "--workers", "3", "--threads", "2"]
    command += ["--bind", "127.0.0.1:0", "--log-file", str(socket), "--chdir", str(tmp_path)]
    process = subprocess.Popen(command, env=os.environ | {"OPTIONS": script.options}, stderr=subprocess.DEVNULL)
    try:
        url = ""
        deadline = time.monotonic() + 120
        while not url and time.monotonic() < deadline:
            text = socket.read_text() if socket.exists() else ""
            url = next((line.split()[-2] for line in text.splitlines() if "Listening at" in line), "")
            time.sleep(0.05)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def ask(n: int) -> tuple[str, bool]:
            wanted = f"conv_{n % 50 + 1:06}"
            with opener.open(f"{url}/?id={wanted}", timeout=120) as answer:
                worker, got = answer.read().decode().split()
            return worker, got == wanted

        # The kernel chooses the worker; a busy machine may favour some of them for a while.
        workers: set[str] = set()
        rounds = 0
        with ThreadPoolExecutor(8) as threads:
            while rounds == 0 or (len(workers) < 3 and rounds < 50):
                answers = list(threads.map(ask, range(400)))
                assert all(same for _, same in answers)
                workers |= {worker for worker, _ in answers}
                rounds += 1
        assert len(workers) == 3
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
