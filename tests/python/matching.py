"""Comparing what was expected with what came. What nobody knows is a failure."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any


class Failed(Exception):
    """A scenario does not hold, or nobody understands it."""


def keys(what: str, value: Any, known: Collection[str]) -> dict[str, Any]:
    """Refuses an object with an unknown key: it would be an assertion that nobody makes."""
    if not isinstance(value, dict):
        raise Failed(f"{what}: expected an object, was {value!r}")
    if unknown := sorted(set(value) - set(known)):
        raise Failed(f"{what}: unknown key {unknown[0]}")
    return value


def at(value: Any, path: str) -> Any:
    """What is at a path of keys and positions; None where nothing is."""
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def paths(what: str, expected: Any, actual: Any) -> None:
    """Compares the value at each path. The first step must be a key of what is looked at."""
    for path, wanted in keys(what, expected, expected).items():
        head = path.split(".")[0]
        if not isinstance(actual, dict) or head not in actual:
            raise Failed(f"{what}: there is no {head} in {short(actual)}")
        compare(f"{what}.{path}", wanted, at(actual, path))


def compare(what: str, expected: Any, actual: Any) -> None:
    """Compares one value: literally, or by an operator."""
    holds = equal(expected, actual)
    if isinstance(expected, dict) and len(expected) == 1:
        [(name, operand)] = expected.items()
        if name == "$between":
            number = isinstance(actual, (int, float)) and not isinstance(actual, bool)
            holds = number and operand[0] <= actual <= operand[1]
        elif name == "$contains":
            holds = contains(operand, actual) is True
        elif name == "$lacks":
            holds = contains(operand, actual) is False
        elif name == "$size":
            holds = isinstance(actual, (list, dict)) and len(actual) == operand
        elif name.startswith("$"):
            raise Failed(f"{what}: unknown operator {name}")
    if not holds:
        raise Failed(f"{what}: expected {json.dumps(expected, ensure_ascii=False)}, was {short(actual)}")


def contains(operand: Any, actual: Any) -> bool | None:
    """Text in a text, or an element in a list; None for anything else."""
    if isinstance(operand, str) and isinstance(actual, str):
        return operand in actual
    return any(equal(operand, each) for each in actual) if isinstance(actual, list) else None


def equal(a: Any, b: Any) -> bool:
    """Equality of JSON: numbers by value, but true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return bool(a == b)


def short(value: Any) -> str:
    """What came, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 600 else text[:600] + "…"
