#!/usr/bin/env python3
"""Checks every scenario against the schema, its name against its file, and `known_gaps.json` for being empty; and that
every reason an error can have and every row of the fault tables is in a scenario, or in `elsewhere.json` with the place
of its test.

Knows the keywords of JSON Schema 2020-12 that the schema uses and refuses any other, so that a rule cannot be
written down and then not be enforced. Needs nothing but Python.
"""
import json
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent
ROOT = pathlib.Path(os.environ.get("CONTRACT_DIR") or HERE)
SCHEMA = HERE / "schema" / "scenario.schema.json"
# How many rows each fault table has. Those of the host languages are tests of the bindings.
ROWS = {"N": 44, "P": 18, "A": 13, "L": 8, "I": 11, "W": 21}
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


def reasons(path, name):
    """The reasons that an enumeration of the core has."""
    body = re.search(rf"\b{name} \{{\n(.*?)\n    \}}", (REPO / path).read_text("utf-8"), re.S)[1]
    return set(re.findall(r'= "(\w+)",', body))


def uncovered(scenarios):
    """What is neither in a scenario nor in `elsewhere.json`, and what is in both."""
    errors = [step.get("expect", {}).get("error", {}) for each in scenarios for step in each["steps"]]
    sorts = {
        "reasons": (reasons("core/src/error/names.rs", "Reason"), {error.get("reason") for error in errors}),
        "webhook_reasons": (
            reasons("core/src/webhook/reason.rs", "WebhookReason"),
            {error.get("webhook_reason") for error in errors},
        ),
        "rows": (
            {f"{letter}{n}" for letter, count in ROWS.items() for n in range(1, count + 1)},
            {row for each in scenarios for row in each.get("rows", [])},
        ),
    }
    elsewhere, found = json.loads((HERE / "elsewhere.json").read_text("utf-8")), []
    for sort, (wanted, covered) in sorts.items():
        listed = elsewhere[sort]
        missing = wanted - covered - listed.keys()
        found += [f"{sort}: {each} is in no scenario and not in elsewhere.json" for each in missing]
        found += [f"elsewhere.json: {each} is in a scenario" for each in covered & listed.keys()]
        found += [f"elsewhere.json: {each} is unknown" for each in listed.keys() - wanted]
        places = [place for why in listed.values() for place in re.findall(r"\w+/[\w/.]+\.\w+", why)]
        found += [f"elsewhere.json: there is no {place}" for place in places if not (REPO / place).is_file()]
    unknown = sorts["rows"][1] - sorts["rows"][0]
    return sorted(found + [f"rows: {each} is unknown" for each in unknown])


def main():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    bad, scenarios = [], []
    for path in sorted((ROOT / "scenarios").rglob("*.json")):
        name = path.relative_to(ROOT / "scenarios").with_suffix("").as_posix()
        scenario = json.loads(path.read_text("utf-8"))
        scenarios.append(scenario)
        found = problems(schema, scenario, schema)
        if scenario.get("name") != name:
            found.append("$.name: is not that of the file")
        bad += [f"{name}: {each}" for each in found]
    if ROOT == HERE and not bad:
        bad += uncovered(scenarios)
    gaps = json.loads((HERE / "known_gaps.json").read_text("utf-8"))
    if gaps != []:
        bad.append("known_gaps.json: must be []")
    print("\n".join(bad + [f"{len(scenarios)} scenarios, {len(bad)} problems"]))
    return 1 if bad or not scenarios else 0


if __name__ == "__main__":
    sys.exit(main())
