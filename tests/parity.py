#!/usr/bin/env python3
"""Merges the reports of all runners into `target/contract/report.json` and compares them.

Exits non-zero unless every runner of `runners.json` has run every scenario and all passed. Needs nothing but Python.
"""
import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPORTS = pathlib.Path(os.environ.get("CONTRACT_REPORTS") or HERE.parent / "target" / "contract")
ROOT = pathlib.Path(os.environ.get("CONTRACT_DIR") or HERE)


def load(path):
    return json.loads(path.read_text("utf-8"))


def report_of(path):
    """What a runner left; None if it is not there or broken, as after a crash."""
    try:
        report = load(path)
        return {"passed": report["passed"], "failed": report["failed"], "seconds": report["seconds"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def main():
    scenarios = ROOT / "scenarios"
    names = {path.relative_to(scenarios).with_suffix("").as_posix() for path in scenarios.rglob("*.json")}
    merged, wrong = {}, []
    for runner in load(HERE / "runners.json"):
        path = REPORTS / f"{runner}.json"
        found = report_of(path)
        report = found or {"passed": [], "failed": [], "seconds": 0.0}
        passed, failed = set(report["passed"]), {each["name"]: each["why"] for each in report["failed"]}
        skipped = names - passed - failed.keys()
        merged[runner] = {
            "passed": len(passed & names),
            "failed": len(failed),
            "skipped": len(skipped),
            "seconds": report["seconds"],
        }
        wrong += [f"{runner}: there is no report {path}"] if not found else []
        wrong += [f"{runner}: {name}: {why}" for name, why in sorted(failed.items())]
        wrong += [f"{runner}: {name}: was not run" for name in sorted(skipped)[:5] if found]
        wrong += [f"{runner}: {name}: is no scenario" for name in sorted((passed | failed.keys()) - names)]
    if load(HERE / "known_gaps.json") != []:
        wrong.append("known_gaps.json must be []")
    parity = bool(names and merged) and not wrong
    document = {"scenarios": len(names), "runners": merged, "parity": parity}
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "report.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"{'runner':<16}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for runner, row in merged.items():
        print(f"{runner:<16}{row['passed']:>8}{row['failed']:>8}{row['skipped']:>9}{row['seconds']:>9.1f}")
    print(f"{len(names)} scenarios, parity {str(parity).lower()}")
    for line in wrong:
        print(f"  {line}")
    return 0 if parity else 1


if __name__ == "__main__":
    sys.exit(main())
