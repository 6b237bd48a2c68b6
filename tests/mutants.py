#!/usr/bin/env python3
"""Breaks one expectation at a time and demands that every runner notices.

A seeded sample of the scenarios is copied into a scratch directory with one expectation of each made wrong: a value,
the kind of an error, or a number of requests. Each runner is then run over them (`CONTRACT_DIR`), and must fail every
single one. Needs nothing but Python; the commands of the runners are in `RUNNERS`.
"""
import argparse
import copy
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent
CARGO = ["cargo", "test", "-q", "-p", "zhifuyun-contract", "--test"]
# The command of each runner, from the root of the repository. One command may serve two runners.
RUNNERS = {
    "rust": CARGO + ["asynchronous"],
    "rust-blocking": CARGO + ["blocking"],
    "python": ["bindings/python/make.sh", "contract"],
    "python-async": ["bindings/python/make.sh", "contract"],
    "node": ["bindings/node/make.sh", "contract"],
    "java": ["bindings/java/make.sh", "contract"],
    "java-async": ["bindings/java/make.sh", "contract"],
    "php": ["bindings/php/make.sh", "contract"],
}


def wrong(value):
    """Another value of the same type, which cannot be right too."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 7919
    if isinstance(value, str):
        return value + "-mutant"
    if value is None:
        return "mutant"
    if isinstance(value, list):
        return value + ["mutant"]
    operator, operand = next(iter(value.items()), ("", None))
    if operator == "$between":
        return {"$between": [operand[1] + 7919, operand[1] + 7920]}
    if operator == "$size":
        return {"$size": operand + 7919}
    if operator == "$contains":
        return {"$lacks": operand}
    if operator == "$lacks":
        return {"$contains": operand}
    return {**value, "mutant": True}


def places(scenario):
    """Every place of a scenario that can be broken: its sort, and how to break it."""
    found = []
    for number, step in enumerate(scenario["steps"]):
        expect = step.get("expect", {})
        for path in expect.get("result", {}):
            found.append(("value", ["steps", number, "expect", "result", path]))
        for path in expect.get("error", {}):
            found.append(("error kind" if path == "kind" else "value", ["steps", number, "expect", "error", path]))
    wire = scenario.get("wire", {})
    found += [("request count", ["wire", key]) for key in ("total", "token_requests", "connections") if key in wire]
    for number, request in enumerate(wire.get("requests", [])):
        found += [("value", ["wire", "requests", number, path]) for path in request]
    if wire.get("requests"):
        found.append(("request count", ["wire", "requests"]))
    for number, _ in enumerate(wire.get("counts", [])):
        found.append(("request count", ["wire", "counts", number, "count"]))
    for number, _ in enumerate(wire.get("gaps", [])):
        found.append(("value", ["wire", "gaps", number]))
    return found


def mutate(scenario, place):
    mutant = copy.deepcopy(scenario)
    *way, last = place
    target = mutant
    for step in way:
        target = target[step]
    target[last] = target[last][:-1] if place == ["wire", "requests"] else wrong(target[last])
    return mutant


def sample(count, seed):
    """Scenarios with the place at which each is broken, all three sorts in equal parts."""
    chance = random.Random(seed)
    paths = sorted((HERE / "scenarios").rglob("*.json"))
    chance.shuffle(paths)
    sorts, chosen = ["value", "error kind", "request count"], []
    for path in paths:
        if len(chosen) == count:
            break
        scenario = json.loads(path.read_text("utf-8"))
        fitting = [place for sort, place in places(scenario) if sort == sorts[len(chosen) % 3]]
        if fitting:
            place = chance.choice(fitting)
            chosen.append((scenario["name"], mutate(scenario, place), sorts[len(chosen) % 3], place))
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runner", action="append", choices=sorted(RUNNERS), help="only this one")
    options = parser.parse_args()
    expected = json.loads((HERE / "runners.json").read_text("utf-8"))
    missing = [name for name in expected if name not in RUNNERS]
    if missing:
        sys.exit(f"no command for {', '.join(missing)}: add it to RUNNERS")
    chosen = sample(options.count, options.seed)
    if len(chosen) < min(30, options.count):
        sys.exit(f"only {len(chosen)} scenarios could be broken")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="contract-mutants-"))
    survivors = 0
    try:
        for name, mutant, _, _ in chosen:
            path = scratch / "scenarios" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(mutant), "utf-8")
        environment = dict(os.environ, CONTRACT_DIR=str(scratch), CONTRACT_REPORTS=str(scratch / "reports"))
        environment.pop("CONTRACT_ONLY", None)
        runs = {}
        for runner in options.runner or expected:
            command = tuple(RUNNERS[runner])
            if command not in runs:
                runs[command] = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True)
            run = runs[command]
            path = scratch / "reports" / f"{runner}.json"
            report = json.loads(path.read_text("utf-8")) if path.exists() else {"failed": []}
            noticed = {each["name"] for each in report["failed"]}
            for name, _, sort, place in chosen:
                if name not in noticed:
                    survivors += 1
                    print(f"{runner}: did not notice a wrong {sort} in {name} at {'.'.join(map(str, place))}")
            if run.returncode == 0:
                survivors += 1
                print(f"{runner}: reported success")
            if not path.exists():
                print(run.stdout[-2000:] + run.stderr[-2000:])
            print(f"{runner}: noticed {len(noticed & {each[0] for each in chosen})} of {len(chosen)}")
    finally:
        shutil.rmtree(scratch)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
