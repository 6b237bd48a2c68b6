"""Puts the table of the last run into docs/benchmarks.md: `document.py REPORT PAGE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

NAMES = {"mock-server": "Mock server", "rust": "Rust", "python": "Python", "node": "Node", "java": "Java", "php": "PHP"}


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def lines(results: list[dict[str, Any]]) -> list[str]:
    cpu = {(r["language"], r["workload"], r["peer"]): r["ratio"] for r in results if r["unit"].endswith("CPU")}
    out: list[str] = []
    for language, name in NAMES.items():
        rows = [r for r in results if r["language"] == language and not r["unit"].endswith("CPU")]
        if not rows:
            continue
        head = ["workload", "against", "ours", "theirs", "unit", "ratio", "by CPU", "goal"]
        out += ["", f"### {name}", "", f"| {' | '.join(head)} |", "|---|---|--:|--:|---|--:|--:|---|"]
        for r in rows:
            goal = "" if r["goal"] is None else f"{r['goal']} {'✓' if r['met'] else '✗'}"
            used = cpu.get((language, r["workload"], r["peer"]))
            cells = [r["workload"], r["peer"], number(r["ours"]), number(r["theirs"]), r["unit"]]
            cells += [number(r["ratio"]), number(used), goal]
            out.append(f"| {' | '.join(cells)} |")
    return out


def main() -> None:
    report, page = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    before, _, rest = page.read_text().partition("<!-- run -->")
    after = rest.partition("<!-- end of run -->")[2]
    m = report["machine"]
    versions = "; ".join(m["versions"].values())
    about = f"{m['date']}: {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['system']}; {versions}."
    table = "\n".join([about, *lines(report["results"])])
    page.write_text(f"{before}<!-- run -->\n{table}\n<!-- end of run -->{after}")


main()
