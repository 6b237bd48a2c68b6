"""The bench: `run.py ROOT TARGET [PART...]`. Called by .ci/bench.sh, which builds and installs what it needs.

Writes bench/report.json below TARGET and prints a table. What misses a goal is said, and fails nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import contest as c
import world

HERE = Path(__file__).parent
ROOT, TARGET = Path(sys.argv[1]), Path(sys.argv[2])
OUT = TARGET / "bench"
TOOLS = OUT / "rust" / "release"
MOCK = TARGET / "fast" / "zhifuyun-mock-server"
Row = dict[str, Any]
DATE = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())

GOALS = {(g["language"], g["workload"], g["peer"]): g for g in json.loads((HERE / "goals.json").read_text())}
PLAN: dict[str, Any] = json.loads((HERE / "plan.json").read_text())


def row(
    language: str, workload: str, peer: str, ours: float, theirs: float | None, unit: str, goal: bool = True
) -> Row:
    """Goals are for ratios, theirs / ours, unless they say `at_most`: then they are for our own figure."""
    ratio = theirs / ours if theirs is not None and ours else None
    found = GOALS.get((language, workload, peer)) if goal else None
    limit, bound, met = None, None, None
    if found and "at_most" in found:
        limit, bound, met = found["at_most"], "≤", ours <= found["at_most"]
    elif found:
        limit, bound, met = found["at_least"], "≥", ratio is not None and ratio >= found["at_least"]
    return {
        "language": language, "workload": workload, "peer": peer, "ours": round(ours, 4),
        "theirs": None if theirs is None else round(theirs, 4), "unit": unit,
        "ratio": None if ratio is None else round(ratio, 3), "goal": limit, "bound": bound, "met": met,
        "date": DATE,
    }


def rows_of(language: str, contest: c.Contest, results: dict[str, c.Measured]) -> list[Row]:
    mine, rows = results[contest.ours], []
    for peer in contest.peers:
        theirs, peer = results[peer], peer.rpartition(":")[2]
        workload = contest.workload
        rows.append(row(language, contest.workload, peer, mine.median(), theirs.median(), contest.unit))
        if contest.kind == "start":
            whole = (c.statistics.median(mine.whole), c.statistics.median(theirs.whole))
            # So is the CPU time below.
            workload = f"{contest.workload}, whole process"
            rows.append(row(language, workload, peer, *whole, contest.unit))
        if (cpu := mine.median_cpu()) and (their_cpu := theirs.median_cpu()):
            rows.append(row(language, workload, peer, cpu, their_cpu, f"{contest.unit} CPU", goal=False))
    return rows


def language_part(language: str, urls: dict[str, str]) -> list[Row]:
    plan, rows = PLAN[language], []
    log = OUT / f"{language}.log"
    log.unlink(missing_ok=True)
    places = {"root": str(ROOT), "target": str(TARGET), "bench": str(OUT), "here": str(HERE), "python": sys.executable,
              "fpm": os.environ.get("PHP_FPM", "php-fpm")}
    for entry in plan["contests"]:
        contest = c.Contest(**entry)

        def start(name: str, url: str = urls[contest.url]) -> c.Contender:
            # A contender with another program says so: "fpm:ours" is run by the program "fpm".
            program, _, contender = name.rpartition(":")
            command = plan["programs"][program or "default"]
            fill = {**places, "contender": contender, "url": url}
            env = {key: value.format(**places) for key, value in plan.get("env", {}).items()}
            return c.Contender(name, [part.format(**fill) for part in command], log, env)

        print(f"   {language} {contest.workload}", file=sys.stderr, flush=True)
        results = c.run(contest, start, warm_up=plan.get("warm_up", 0.3))
        rows += rows_of(language, contest, results)
    return rows


def quota_part() -> list[Row]:
    command = c.subprocess.run([TOOLS / "zhifuyun-bench", "quota"], check=True, capture_output=True)
    rows = []
    for share in json.loads(command.stdout):
        workload = f"3,000 pages, {share['plan']}, {share['model']}"
        # A share of the quota: more is better, so ours and the whole change places.
        whole = row("rust", workload, "the whole quota", 1 / share["share"], 1, "quota per page")
        rows.append(whole | {"ours": round(share["share"], 4), "theirs": 1.0, "unit": "share of the quota"})
        rows.append(row("rust", workload, "none", share["refused"], None, "answers 429"))
    return rows


def mock_part(directory: Path) -> list[Row]:
    """The mock server against a handler that answers the same bytes, and its last pages against its first."""
    path = "/v1/conversations?page={}&limit=100"
    with world.Mock(MOCK, 100_000) as mock, world.Server([str(TOOLS / "bench-server"), str(directory), "axum"]) as bare:
        urls = {"mock": mock.url, "axum": f"http://127.0.0.1:{bare.hello}"}
        servers: dict[str, world.Server] = {"mock": mock, "axum": bare}
        loads = {
            name: c.Contender(name, [str(TOOLS / "zhifuyun-bench"), "socket", url], OUT / "mock.log", {})
            for name, url in urls.items()
        }
        job = {"workload": "raw", "token": mock.token, "path": path.format(1)}
        times: dict[str, c.Measured] = {key: c.Measured() for key in ("mock", "axum", "first", "last")}
        for n in range(c.ROUNDS + 1):
            for name in urls:
                before = servers[name].cpu()
                answer = loads[name].do({**job, "count": 4000})
                if n:
                    times[name].value.append(answer["wall"] / answer["ops"] * 1e6)
                    times[name].cpu.append((servers[name].cpu() - before) / answer["ops"] * 1e6)
            for name, page in (("first", 2), ("last", 999)):
                answer = loads["mock"].do({**job, "path": path.format(page), "count": 2000})
                if n:
                    times[name].value.append(answer["wall"] / answer["ops"] * 1e6)
        for load in loads.values():
            load.end()
    speed, position = "page of 100, 4 connections", "100,000 conversations, page 999"
    cpu = [times[name].median_cpu() or 0.0 for name in ("mock", "axum")]
    return [
        row("mock-server", speed, "bare axum", times["mock"].median(), times["axum"].median(), "µs"),
        row("mock-server", speed, "bare axum", cpu[0], cpu[1], "µs server CPU", goal=False),
        row("mock-server", position, "page 2", times["last"].median(), times["first"].median(), "µs"),
    ]


def table(rows: list[Row]) -> str:
    head = ["language", "workload", "peer", "ours", "theirs", "unit", "ratio", "goal", "met"]
    marks = {True: "yes", False: "NO", None: ""}

    def text(key: str, r: Row) -> str:
        value = r[key]
        if key == "met":
            return marks[value]
        if value is None:
            return ""
        if key == "goal":
            return f"{r['bound']} {value}"
        return f"{value:.2f}" if isinstance(value, float) else str(value)

    lines = [[text(key, r) for key in head] for r in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in [head, *lines])


def main() -> None:
    parts = sys.argv[3:] or ["mock", *PLAN]
    lock = (OUT / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another bench is running: they would disturb each other")
    directory = OUT / "bodies"
    report = OUT / "report.json"
    before = json.loads(report.read_text()) if report.exists() and sys.argv[3:] else {"results": []}
    with world.Mock(MOCK, 1000) as mock:
        world.bodies(mock, directory)
    machine = {**world.machine(), "date": DATE, "peers": world.peers(HERE)}
    server = str(TOOLS / "bench-server")
    rows: list[Row] = []
    tls_server = world.Server([server, str(directory), "tls", str(OUT)])
    with world.Server([server, str(directory)]) as plain, tls_server as tls:
        plain_url = f"http://127.0.0.1:{plain.hello}"
        urls = {"plain": plain_url, "delay": f"{plain_url}/delay-20", "tls": f"https://127.0.0.1:{tls.hello}"}
        for part in parts:
            print(f"== {part}", file=sys.stderr, flush=True)
            if part == "mock":
                rows += mock_part(directory)
            else:
                rows += language_part(part, urls)
            if part == "rust":
                rows += quota_part()
            # Parts that were not run this time keep the rows of their last run.
            languages = {r["language"] for r in rows}
            kept = [r for r in before["results"] if r["language"] not in languages]
            document = {"machine": machine, "results": kept + rows}
            report.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    print(table(rows))
    judged = [r for r in rows if r["met"] is not None]
    missed = [r for r in judged if not r["met"]]
    print(f"\ngoals: {len(judged) - len(missed)} met, {len(missed)} missed · {report}")
    for r in missed:
        judged_by = r["ours"] if r["bound"] == "≤" else r["ratio"]
        print(f"  missed: {r['language']} · {r['workload']} · {r['peer']}: {judged_by} (goal {r['bound']} {r['goal']})")


main()
