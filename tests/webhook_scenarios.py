#!/usr/bin/env python3
"""Writes `scenarios/webhook_vectors/` from `vectors/webhooks.json`: one scenario per group of vectors, so that the
runners need no second format. With `--check` it only compares."""
import datetime
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# 9999-12-31T23:59:59Z: later moments exist in signatures, but not in the calendars of all languages.
LAST_SECOND = 253402300799
# Group, and how the names of its vectors begin; the first that fits counts.
GROUPS = [
    ("events", "Every documented event, and what is not documented, becomes the event that it is.", "W17",
     ("published", "ticket_created", "event_", "byte_order", "white_space_around")),
    ("header_forms", "Headers are found in the forms that servers and frameworks hand them over.", "W21 W7",
     ("header_", "other_headers", "duplicate_header_same")),
    ("several_signatures", "Of several signatures one good one is enough, wherever it stands.", "W8 W13",
     ("good_signature", "unknown_versions", "malformed_entries", "32_")),
    ("ids", "An id may be any printable text without the separator.", "W15", ("id_of",)),
    ("ages", "The timestamp may be off by the tolerance, either way, and not by a second more.", "W3 W4 W16",
     ("age_", "timestamp_leading", "timestamp_zero", "timestamp_of", "tolerance_", "too_old", "too_new", "milliseconds",
      "receiver_before")),
    ("secrets", "Secrets are understood as consoles show them, and rotation accepts the old and the new one.", "W19 W2",
     ("secret_", "rotation_", "last_secret", "wrong_secret")),
    ("timestamped_scheme", "A scheme that keeps time and signatures in one header.", "W13", ("timestamped_",)),
    ("other_schemes", "Hexadecimal and base64 signatures, and headers and payloads of one's own.", "W13",
     ("hex", "base64", "own_")),
    ("headers_missing_or_double", "What is missing, or there twice with different values, is refused by name.", "W6 W7",
     ("missing_", "duplicate_", "no_headers")),
    ("size", "Size comes before everything else.", "W11", ("body_too_large", "too_large")),
    ("malformed_ids", "Ids that could be confused with other signed text are refused.", "W15", ("id_",)),
    ("malformed_timestamps", "A timestamp is 1 to 12 digits and nothing else.", "W16", ("timestamp_",)),
    ("malformed_signatures", "A signature header without a usable entry is told from a wrong signature.", "W13",
     ("signature_",)),
    ("mismatches", "Whatever was changed, the signature does not fit.", "W1",
     ("tampered", "first_byte", "body_cut", "bad_")),
    ("reserialised_bodies", "A body that was parsed and written again is recognised, and the error says so.", "W14",
     ("reserialized",)),
    ("empty_bodies", "An empty body has its own reason: a middleware has read it.", "W18", ("empty_",)),
    ("encodings", "A signed body that is not UTF-8 is refused after the signature.", "W9 W10",
     ("not_utf8", "utf16", "gbk", "overlong")),
    ("malformed_bodies", "A signed body that is no event is refused after the signature.", "W17",
     ("not_json", "json_", "two_", "trailing_", "nan", "nested_", "white_space_only", "no_event")),
]


def group_of(name):
    if name == "timestamp_zeros_added":
        return "mismatches"
    if name in ("event_not_text", "event_empty", "event_null"):
        return "malformed_bodies"
    for group, _, _, beginnings in GROUPS:
        if name.startswith(beginnings):
            return group
    sys.exit(f"no group for the vector {name}: add one")


def rfc3339(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def step(vector):
    known = {"name", "scheme", "secrets", "headers", "body", "body_base64", "now", "tolerance", "max_body_bytes",
             "expect"}
    if vector.keys() - known:
        sys.exit(f"{vector['name']}: unknown keys {vector.keys() - known}")
    verify = {key: value for key, value in vector.items() if key not in ("name", "expect")}
    if verify["scheme"] == "standard":
        del verify["scheme"]
    expect = vector["expect"]
    if "reason" in expect:
        error = {"kind": "webhook_verification", "reason": "webhook", "webhook_reason": expect["reason"]}
        return {"verify": verify, "expect": {"error": error}}
    event = dict(expect["event"])
    if event["sent_at"] is not None and event["sent_at"] > LAST_SECOND:
        del event["sent_at"]
    elif event["sent_at"] is not None:
        event["sent_at"] = rfc3339(event["sent_at"])
    return {"verify": verify, "expect": {"result": event}}


def main():
    vectors = json.loads((HERE / "vectors" / "webhooks.json").read_text("utf-8"))["vectors"]
    target, stale = HERE / "scenarios" / "webhook_vectors", 0
    target.mkdir(parents=True, exist_ok=True)
    for group, why, rows, _ in GROUPS:
        steps = [step(vector) for vector in vectors if group_of(vector["name"]) == group]
        lines = ",\n".join("    " + json.dumps(each, ensure_ascii=True) for each in steps)
        head = json.dumps({"name": f"webhook_vectors/{group}", "why": why, "rows": rows.split()}, ensure_ascii=True)
        text = f'{head[:-1]}, "steps": [\n{lines}\n]}}\n'
        path = target / f"{group}.json"
        if not path.exists() or path.read_text("utf-8") != text:
            stale += 1
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    names = {f"{group}.json" for group, *_ in GROUPS}
    stale += sum(path.name not in names for path in target.iterdir())
    print(f"{len(vectors)} vectors in {len(GROUPS)} scenarios, {stale} stale")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
