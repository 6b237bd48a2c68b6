"""All scenarios, several at a time, and the report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from scenario import Host, Scenario
from zhifuyun.testing import MockServer

AT_ONCE = 8  # most of their time they wait
LONGEST = 40.0  # seconds; what hangs has failed
HERE = Path(__file__).resolve().parent


def files() -> dict[str, str]:
    """The scenarios by name."""
    root = Path(os.environ.get("CONTRACT_DIR") or HERE.parent) / "scenarios"
    only = tuple(each.strip() for each in os.environ.get("CONTRACT_ONLY", "").split(",") if each.strip())
    found = {}
    for path in sorted(root.rglob("*.json")):
        name, text = path.relative_to(root).with_suffix("").as_posix(), path.read_text("utf-8")
        assert json.loads(text)["name"] == name, f"{path}: the name is not that of the file"
        if not only or name.startswith(only):
            found[name] = text
    assert found, f"no scenario in {root}"
    return found


def run(runner: str, make: Callable[[], Host]) -> None:
    """Runs every scenario, writes the report, and fails with all that went wrong."""
    began = time.monotonic()
    scenarios = files()
    results: dict[str, str | None] = dict.fromkeys(scenarios, "has not ended")
    todo, ended, under_way = SimpleQueue[str | None](), SimpleQueue[str](), dict[str, float]()
    with MockServer() as server:

        def one(text: str) -> str | None:
            started = time.monotonic()
            try:
                Scenario(server.url, text, make()).run()
            except Exception as e:
                return f"{type(e).__name__}: {e}"
            took = time.monotonic() - started
            return f"took {took:.1f} s" if took > LONGEST else None

        def work() -> None:
            while (name := todo.get()) is not None:
                under_way[name] = time.monotonic()
                results[name] = one(scenarios[name])
                del under_way[name]
                ended.put(name)

        for each in [*scenarios, *[None] * AT_ONCE]:
            todo.put(each)
        for _ in range(AT_ONCE):
            # Daemons: a client that hangs would never let its thread go.
            Thread(target=work, daemon=True).start()
        hangs, left = False, len(scenarios)
        while left and not hangs:
            try:
                ended.get(timeout=1)
                left -= 1
            except Empty:
                hangs = all(time.monotonic() - since > LONGEST for since in list(under_way.values()))
    failed = [{"name": name, "why": why} for name, why in results.items() if why is not None]
    report = {
        "runner": runner,
        "passed": [name for name, why in results.items() if why is None],
        "failed": failed,
        "seconds": round(time.monotonic() - began, 1),
    }
    reports = Path(os.environ.get("CONTRACT_REPORTS") or HERE.parent.parent / "target" / "contract")
    reports.mkdir(parents=True, exist_ok=True)
    (reports / f"{runner}.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if hangs:
        os._exit(1)  # the usual way out would wait for what hangs
    lines = "".join(f"\n  {each['name']}: {each['why']}" for each in failed)
    assert not failed, f"{len(failed)} of {len(results)} scenarios failed:{lines}"
