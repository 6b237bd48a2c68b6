"""What must be in the world's journal at the end of a scenario."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from control import ask
from matching import Failed, compare, keys, paths


def check(control: str, expected: Any, secrets: list[str]) -> None:
    """Compares what arrived. The secret may only be in requests for a token."""
    keys("wire", expected, ["total", "token_requests", "requests", "counts", "gaps", "connections"])
    entries = ask("GET", f"{control}/journal")["entries"]
    calls = [entry for entry in entries if entry["path"] != "/oauth/token"]
    if any(secret in json.dumps(calls) for secret in secrets):
        raise Failed("wire: a request carries the secret")
    seen = {"total": len(calls), "token_requests": len(entries) - len(calls)}
    seen["connections"] = len({entry["connection"] for entry in entries})
    for name in seen.keys() & expected.keys():
        compare(f"wire.{name}", expected[name], seen[name])
    if "requests" in expected:
        compare("wire.requests", {"$size": len(expected["requests"])}, calls)
        for number, wanted in enumerate(expected["requests"]):
            paths(f"wire.requests.{number}", wanted, calls[number])
    for group in expected.get("counts", []):
        keys("wire.counts", group, ["where", "count"])
        compare(f"wire.counts {group['where']}", group["count"], sum(fits(group["where"], e) for e in entries))
    times = [datetime.fromisoformat(e["at"].replace("Z", "+00:00")).timestamp() for e in calls]
    for number, wanted in enumerate(expected.get("gaps", [])):
        gap = times[number + 1] - times[number] if number + 1 < len(times) else None
        compare(f"wire.gaps.{number}", wanted, gap)


def fits(where: Any, entry: Any) -> bool:
    """Whether a journal entry is one of those."""
    try:
        paths("", where, entry)
    except Failed:
        return False
    return True
