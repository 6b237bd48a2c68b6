"""Puts the tables of the last run into docs/benchmarks.md and its translation: `document.py REPORT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
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
            goal = "" if r["goal"] is None else f"{r['bound']} {r['goal']} {'✓' if r['met'] else '✗'}"
            used = cpu.get((language, r["workload"], r["peer"]))
            cells = [r["workload"], r["peer"], number(r["ours"]), number(r["theirs"]), r["unit"]]
            cells += [number(r["ratio"]), number(used), goal]
            out.append(f"| {' | '.join(cells)} |")
    return out


def about(report: dict[str, Any]) -> str:
    machine = report["machine"]
    dates = sorted({r.get("date", machine["date"]) for r in report["results"]})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    versions = "; ".join(machine["versions"].values())
    parts = [machine["cpu"], f"{machine['cores']} cores", f"{machine['memory_gib']} GiB", machine["system"]]
    text = f"{when}: {', '.join(parts)}; {versions}."
    peers = "; ".join(f"{NAMES[language]}: {found}" for language, found in machine.get("peers", {}).items())
    return f"{text}\n\n{peers}." if peers else text


def main() -> None:
    report = json.loads(Path(sys.argv[1]).read_text())
    table = "\n".join([about(report), *lines(report["results"])])
    for page in (DOCS / "benchmarks.md", DOCS / "zh" / "benchmarks.md"):
        before, _, rest = page.read_text().partition("<!-- run -->")
        after = rest.partition("<!-- end of run -->")[2]
        page.write_text(f"{before}<!-- run -->\n{table}\n<!-- end of run -->{after}")


main()
