"""The demo: one mock server, one world per language, the main job in each, and a table at the end.

    demo.py SERVER LANGUAGE=COMMAND...      without a command: could not be built

A program gets its credentials by environment, does the main job and prints what it does. Lines that begin with `@`
are for this driver, which answers with a line: `@webhook URL` registers a webhook endpoint, `@expire` lets an hour
pass, so that the access token has expired, and `@done {...}` ends the job. What is in the table comes from the
server's journal where the server can know it, not from the program.
"""

import json
import queue
import shlex
import subprocess
import sys
import threading
import time

from with_mock import control, environment, mock_server

CONVERSATIONS, TICKETS = 10_000, 2_000
SECONDS_PER_LANGUAGE = 120
INJECTED = (401, 429, 500)
JOB = {"POST /oauth/token", "GET /v1/conversations", "POST /v1/conversations", "POST /v1/tickets",
       "PATCH /v1/tickets/{ticket_id}", "GET /v1/statistics"}
FAULTS = [
    {"match": {"method": "GET", "path": "/v1/conversations", "query": {"page": "30"}}, "when": {"first": 1},
     "action": {"status": 429, "retry_after": "1"}},
    {"match": {"method": "GET", "path": "/v1/conversations", "query": {"page": "70"}}, "when": {"first": 1},
     "action": {"status": 500}},
]
COLUMNS = ("language", "calls", "items", "retries survived", "webhook verified", "seconds", "ok")


def follow(program, seconds):
    """The lines that a program prints, until it ends or the time is up."""
    lines = queue.Queue()

    def read():
        for line in program.stdout:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    end = time.monotonic() + seconds
    while True:
        try:
            line = lines.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            program.kill()
            raise RuntimeError(f"still not done after {seconds} s") from None
        if line is None:
            return
        yield line


def run(server, language, command):
    seed = {"seed": 42, "conversations": CONVERSATIONS, "tickets": TICKETS}
    world = control(server["control_url"] + "/worlds",
                    {"id": f"demo-{language}", "seed": seed, "limits": {"plan": "enterprise"}, "faults": FAULTS})
    begin = time.monotonic()
    program = subprocess.Popen(shlex.split(command), env=environment(world, ZHIFUYUN_PLAN="off"), text=True,
                               encoding="utf-8", bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    done = {}
    for line in follow(program, SECONDS_PER_LANGUAGE):
        if line.startswith("@webhook "):
            # Signed with this machine's time, because the world's clock is about to be moved.
            control(world["control_url"] + "/webhooks",
                    {"url": line.split(" ", 1)[1], "events": ["ticket.resolved"], "timestamps": "machine"})
        elif line == "@expire":
            print(f"{language:>8} · an hour passes", flush=True)
            control(world["control_url"] + "/clock/advance", {"seconds": 3600})
        elif line.startswith("@done "):
            done = json.loads(line.split(" ", 1)[1])
            continue
        else:
            print(f"{language:>8} · {line}", flush=True)
            continue
        program.stdin.write("\n")
        program.stdin.flush()
    code = program.wait()
    seconds = time.monotonic() - begin
    journal = control(world["control_url"] + "/journal?limit=10000")["entries"]
    statuses = [entry["status"] for entry in journal]
    survived = sum(statuses.count(status) for status in INJECTED) if code == 0 else 0
    verified = bool(done.get("verified"))
    done_by_server = {f"{entry['method']} {entry['template']}" for entry in journal if entry["status"] == 200}
    control(world["control_url"] + "/webhooks/settle", {})
    deliveries = control(world["control_url"] + "/webhooks/deliveries")["deliveries"]
    ok = (code == 0 and verified and done.get("items") == CONVERSATIONS + 1 and done_by_server >= JOB
          and [delivery["state"] for delivery in deliveries] == ["delivered"]
          and all(statuses.count(status) >= 1 for status in INJECTED))
    return (language, len(journal), done.get("items", 0), survived, "yes" if verified else "no",
            f"{seconds:.1f}", "ok" if ok else "FAILED")


def table(rows):
    texts = [COLUMNS, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(COLUMNS))]
    for row in texts:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))


def main():
    binary, *programs = sys.argv[1:]
    rows = []
    with mock_server(binary) as server:
        print(f"mock server at {server['url']}: {CONVERSATIONS} conversations and {TICKETS} tickets per language")
        for program in programs:
            language, _, command = program.partition("=")
            if not command:
                rows.append((language, "-", "-", "-", "-", "-", "FAILED"))
                continue
            try:
                rows.append(run(server, language, command))
            except (RuntimeError, OSError, ValueError) as error:
                print(f"{language:>8} · {error}", flush=True)
                rows.append((language, "-", "-", "-", "-", "-", "FAILED"))
    print()
    table(rows)
    return 1 if any(row[-1] == "FAILED" for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
