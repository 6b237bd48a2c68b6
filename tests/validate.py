#!/usr/bin/env python3
"""Checks every scenario against the schema, its name against its file, and `known_gaps.json` for being empty.

Knows the keywords of JSON Schema 2020-12 that the schema uses and refuses any other, so that a rule cannot be
written down and then not be enforced. Needs nothing but Python.
"""
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("CONTRACT_DIR") or pathlib.Path(__file__).resolve().parent)
SCHEMA = pathlib.Path(__file__).resolve().parent / "schema" / "scenario.schema.json"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
IGNORED = {"$schema", "$id", "$defs", "title", "description"}


def is_type(name, value):
    if name in ("integer", "number"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and (name == "number" or value == int(value))
    return isinstance(value, TYPES[name])


def problems(schema, value, root, at="$"):
    """All violations, as sentences."""
    found = []
    for keyword, rule in schema.items():
        if keyword in IGNORED:
            continue
        if keyword == "$ref":
            target = root
            for step in rule.removeprefix("#/").split("/"):
                target = target[step]
            found += problems(target, value, root, at)
        elif keyword == "type":
            if not any(is_type(name, value) for name in ([rule] if isinstance(rule, str) else rule)):
                found.append(f"{at}: must be {rule}")
        elif keyword == "enum":
            if value not in rule:
                found.append(f"{at}: must be one of {rule}")
        elif keyword in ("oneOf", "anyOf"):
            tried = [problems(branch, value, root, at) for branch in rule]
            fitting = sum(not each for each in tried)
            if fitting == 0 or (keyword == "oneOf" and fitting > 1):
                best = min(tried, key=len)
                found += best or [f"{at}: fits {fitting} branches"]
        elif keyword in ("pattern", "minLength"):
            if isinstance(value, str):
                fits = re.search(rule, value) if keyword == "pattern" else len(value) >= rule
                found += [] if fits else [f"{at}: {keyword} {rule}"]
        elif keyword in ("minimum", "maximum"):
            if is_type("number", value):
                fits = value >= rule if keyword == "minimum" else value <= rule
                found += [] if fits else [f"{at}: {keyword} {rule}"]
        elif keyword in ("minItems", "maxItems", "items"):
            if isinstance(value, list):
                if keyword == "items":
                    for n, each in enumerate(value):
                        found += problems(rule, each, root, f"{at}[{n}]")
                elif (len(value) < rule) if keyword == "minItems" else (len(value) > rule):
                    found.append(f"{at}: {keyword} {rule}")
        elif keyword in ("minProperties", "maxProperties", "required", "properties", "propertyNames"):
            if isinstance(value, dict):
                if keyword == "required":
                    found += [f"{at}: {name} is missing" for name in rule if name not in value]
                elif keyword == "properties":
                    for name in rule.keys() & value.keys():
                        found += problems(rule[name], value[name], root, f"{at}.{name}")
                elif keyword == "propertyNames":
                    for name in value:
                        found += problems(rule, name, root, f"{at}.{name} (name)")
                elif (len(value) < rule) if keyword == "minProperties" else (len(value) > rule):
                    found.append(f"{at}: {keyword} {rule}")
        elif keyword == "additionalProperties":
            if isinstance(value, dict):
                for name in value.keys() - schema.get("properties", {}).keys():
                    if rule is False:
                        found.append(f"{at}: unknown key {name}")
                    else:
                        found += problems(rule, value[name], root, f"{at}.{name}")
        else:
            sys.exit(f"the schema uses {keyword}, which this validator does not know")
    return found


def main():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    bad, count = [], 0
    for path in sorted((ROOT / "scenarios").rglob("*.json")):
        count += 1
        name = path.relative_to(ROOT / "scenarios").with_suffix("").as_posix()
        scenario = json.loads(path.read_text("utf-8"))
        found = problems(schema, scenario, schema)
        if scenario.get("name") != name:
            found.append("$.name: is not that of the file")
        bad += [f"{name}: {each}" for each in found]
    gaps = json.loads((pathlib.Path(__file__).resolve().parent / "known_gaps.json").read_text("utf-8"))
    if gaps != []:
        bad.append("known_gaps.json: must be []")
    print("\n".join(bad + [f"{count} scenarios, {len(bad)} problems"]))
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
