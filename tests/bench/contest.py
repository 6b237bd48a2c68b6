"""Contenders are processes that do jobs; a contest lets them take turns and compares what they took."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROUNDS = 7
TARGET_SECONDS = 0.15
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Contender:
    """One program that answers jobs, a line each. It idles while the others have their turn."""

    def __init__(self, name: str, command: list[str], log: Path, env: dict[str, str]) -> None:
        self.name = name
        self.started = time.perf_counter()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**os.environ, **env},
            )

    def do(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name} ended in {job['workload']}")
        return json.loads(line)

    def end(self) -> float:
        """Lets it end; the CPU seconds of its whole life."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime


@dataclass
class Contest:
    """One workload, ours against peers. `kind`: rounds | start | memory | share."""

    workload: str
    job: str
    ours: str
    peers: list[str]
    kind: str = "rounds"
    unit: str = "µs"
    webhook_bytes: int = 0
    fixed_count: int = 0
    """How many operations a round has; 0: as many as fit into TARGET_SECONDS."""
    our_count: int = 0
    """The same for ours alone, where a peer's operation takes thousands of times as long."""
    least: int = 64
    """No round has fewer, so that what begins and ends a round does not count: 50 for each of 64 threads."""
    url: str = "plain"

    def details(self) -> dict[str, Any]:
        job = {"workload": self.job}
        return job | signed_webhook(self.webhook_bytes) if self.webhook_bytes else job


def signed_webhook(size: int) -> dict[str, Any]:
    """A ticket event of about `size` bytes, signed now."""
    data = {"ticket_id": "ticket_000001", "title": "产品咨询", "priority": "medium"}
    event = {"event": "ticket.created", "timestamp": "2024-01-01T10:00:00Z", "data": data}
    short = len(json.dumps(event, ensure_ascii=False).encode())
    if size > short + 20:
        data["description"] = ("想了解产品价格和功能 and delivery times. " * 500).encode()[: size - short - 20].decode(
            errors="ignore"
        )
    body = json.dumps(event, ensure_ascii=False)
    now = str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    tag = hmac.new(key, f"msg_1.{now}.{body}".encode(), hashlib.sha256).digest()
    # The same secret as text signs for peers with a scheme of their own.
    stripe = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = [
        ["webhook-id", "msg_1"],
        ["webhook-timestamp", now],
        ["webhook-signature", "v1," + base64.b64encode(tag).decode()],
        ["stripe-signature", f"t={now},v1={stripe}"],
    ]
    return {"body": body, "headers": headers, "secret": SECRET}


@dataclass
class Measured:
    """Per operation, in the contest's unit, one entry per round."""

    value: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    """Of a start: the whole process, to the first answer."""
    cpu: list[float] = field(default_factory=list)
    check: float | None = None

    def median(self) -> float:
        return statistics.median(self.value)

    def median_cpu(self) -> float | None:
        return statistics.median(self.cpu) if self.cpu else None


def run(contest: Contest, start: Any, rounds: int = ROUNDS, warm_up: float = 0.3) -> dict[str, Measured]:
    """Measures all contenders of a contest; `start(name)` makes a Contender."""
    names = [contest.ours, *contest.peers]
    results = {name: Measured() for name in names}
    if contest.kind in ("start", "memory"):
        for n in range(rounds + 1):
            for name in names:
                one = start(name)
                answer = one.do({**contest.details(), "count": 1})
                wall = time.perf_counter() - one.started
                if contest.kind == "memory":
                    answer = one.do({**contest.details(), "count": contest.fixed_count})
                cpu = one.end()
                if n == 0:
                    continue  # warm-up: the page cache
                if contest.kind == "memory":
                    results[name].value.append(answer["grown_kib"] / 1024)
                else:
                    results[name].value.append((answer.get("load", 0) + answer["wall"]) * 1e3)
                    results[name].whole.append(wall * 1e3)
                    results[name].cpu.append(cpu * 1e3)
        return results

    running = {name: start(name) for name in names}
    try:
        counts = {name: calibrate(contest, running[name], warm_up) for name in names}
        for n in range(rounds):
            # Another one begins each round, so that none always follows the same.
            turn = n % len(names)
            for name in names[turn:] + names[:turn]:
                answer = running[name].do({**contest.details(), "count": counts[name]})
                result = results[name]
                if contest.kind == "share":
                    result.value.append(answer["share"])
                    continue
                result.value.append(answer["wall"] / answer["ops"] * 1e6)
                if answer.get("cpu") is not None:
                    result.cpu.append(answer["cpu"] / answer["ops"] * 1e6)
                result.check = answer["check"] / answer["ops"]
    finally:
        for contender in running.values():
            contender.end()
    checks = {name: round(m.check, 3) for name, m in results.items() if m.check is not None}
    if len(set(checks.values())) > 1:
        raise RuntimeError(f"{contest.workload}: not all read the same: {checks}")
    return results


def calibrate(contest: Contest, contender: Contender, warm_up: float) -> int:
    """Warms up, and finds how many operations fill a round."""
    fixed = (contender.name == contest.ours and contest.our_count) or contest.fixed_count
    count = fixed or contest.least
    spent = 0.0
    while True:
        wall = contender.do({**contest.details(), "count": count})["wall"]
        spent += wall
        if not fixed:
            count = max(contest.least, min(20 * count, int(count * TARGET_SECONDS / max(wall, 1e-6))))
        if spent >= warm_up:
            return count
