#!/usr/bin/env python3
"""Writes webhooks.json: what every language must accept and refuse.

Signatures come from Python's own hmac, so that the library is not measured by itself. Standard library only,
and the same output every time: `python3 tests/vectors/generate_webhooks.py` leaves a clean tree.
"""
import base64
import hashlib
import hmac
import json
import pathlib

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
A = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
B = "whsec_" + base64.b64encode(bytes(range(101, 133))).decode()
TEXT = "a plain-text secret"
PUBLISHED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"

DATA = {"ticket_id": "ticket_001", "title": "网络故障", "priority": "medium"}
BODY = json.dumps({"event": "ticket.created", "timestamp": "2026-01-01T08:00:00+08:00", "data": DATA},
                  ensure_ascii=False, separators=(",", ":")).encode()

STANDARD = {"id_header": "webhook-id", "timestamp": {"header": "webhook-timestamp"},
            "signature_header": "webhook-signature", "format": "list", "version": "v1", "encoding": "base64",
            "payload": "{id}.{timestamp}.{body}", "secret": "standard"}
TIMED = {"timestamp": {"field": "t"}, "signature_header": "x-signature", "format": "fields", "version": "v1",
         "encoding": "hex", "payload": "{timestamp}.{body}"}
HEX = {"signature_header": "x-signature", "format": "single", "prefix": "sha256=", "encoding": "hex",
       "payload": "{body}"}
BASE64 = {"signature_header": "x-signature", "format": "single", "encoding": "base64", "payload": "{body}"}
OWN_NAMES = dict(STANDARD, id_header="svix-id", timestamp={"header": "svix-timestamp"},
                 signature_header="svix-signature")
COLONS = dict(STANDARD, payload="v0:{timestamp}:{id}:{body}", secret="text", encoding="hex", version="v0")

vectors = []


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def v1(secret, body=BODY, id_=ID, ts=NOW):
    """One entry of a standard signature header."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(mac(key, f"{id_}.{ts}.".encode() + body)).decode()


def headers(signature, id_=ID, ts=NOW):
    return [["webhook-id", id_], ["webhook-timestamp", str(ts)], ["webhook-signature", signature]]


def event(kind, data, known=True, id_=ID, sent=NOW, timestamp="2026-01-01T00:00:00Z", key=None, extra=None):
    return {"event": {"id": id_, "type": kind, "known": known, "timestamp": timestamp, "sent_at": sent,
                      "data": data, "extra": extra or {}, "dedupe_key": key or id_}}


def add(name, expect, pairs, body=BODY, scheme="standard", secrets=(A,), now=NOW, **more):
    try:
        text = {"body": body.decode()}
    except UnicodeDecodeError:
        text = {"body_base64": base64.b64encode(body).decode()}
    vectors.append({"name": name, "scheme": scheme, "secrets": list(secrets), "headers": pairs, **text, "now": now,
                    **more, "expect": {"reason": expect} if isinstance(expect, str) else expect})


def signed(name, expect, body=BODY, id_=ID, ts=NOW, secret=A, **more):
    """A webhook with a good standard signature."""
    add(name, expect, headers(v1(secret, body, id_, ts), id_, ts), body, **more)


CREATED = event("ticket.created", DATA)

# The published example of Standard Webhooks 1.0.0. Its body is no event of this API, which is found out only
# after its signature was found good.
add("published_example", "malformed_event",
    [["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"], ["webhook-timestamp", "1614265330"],
     ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]],
    b'{"test": 2432232314}', secrets=[PUBLISHED], now=1_614_265_330)

# Accepted: events.
signed("ticket_created", CREATED)
for kind, data in [
    ("conversation.created", {"conversation_id": "conv_1", "user_id": "user_1", "channel": "web",
                              "status": "active"}),
    ("conversation.closed", {"conversation_id": "conv_1", "status": "closed"}),
    ("ticket.updated", {"ticket_id": "ticket_1", "status": "pending", "assignee_id": "agent_1"}),
    ("ticket.resolved", {"ticket_id": "ticket_1", "status": "resolved", "customer_email": "a@example.com"}),
    ("ticket.created", {"ticket_id": "t", "priority": "unheard_of", "more": {"deep": [1, 2.5, None, True]}}),
    ("ticket.created", {}),
]:
    body = json.dumps({"event": kind, "timestamp": "2026-01-01T00:00:00Z", "data": data}).encode()
    signed(f"event_{kind}_{len(data)}_fields", event(kind, data), body)
signed("event_unknown_type", event("ticket.merged", {"into": "t2"}, known=False, timestamp=None),
       b'{"event":"ticket.merged","data":{"into":"t2"}}')
signed("event_without_data", event("ticket.merged", None, known=False, timestamp=None), b'{"event":"ticket.merged"}')
signed("event_data_not_object", event("ticket.created", [1], known=False, timestamp=None),
       b'{"event":"ticket.created","data":[1]}')
signed("event_extra_kept", event("ticket.created", {}, timestamp=None, extra={"timestamp": "soon", "v": 2}),
       b'{"v":2,"event":"ticket.created","timestamp":"soon","data":{}}')
signed("event_epoch_timestamp", event("ticket.created", {}), b'{"event":"ticket.created","timestamp":1767225600}')
signed("byte_order_mark", CREATED, b"\xef\xbb\xbf" + BODY)
signed("white_space_around", CREATED, b"\r\n " + BODY + b"\n")

# Accepted: headers.
good = headers(v1(A))
add("header_names_upper_case", CREATED, [[n.upper(), v] for n, v in good])
add("header_names_title_case", CREATED, [[n.title(), v] for n, v in good])
add("header_names_cgi", CREATED, [["HTTP_" + n.upper().replace("-", "_"), v] for n, v in good])
add("header_values_with_white_space", CREATED, [[n, f" {v}\t"] for n, v in good])
add("other_headers_ignored", CREATED, [["host", "example.com"], ["HTTP_HOST", "x"], ["webhook", "x"]] + good)
add("duplicate_header_same_value", CREATED, good + good)
add("good_signature_last", CREATED, headers(f"v1,{'A' * 43}= {v1(B)} {v1(A)}"))
add("unknown_versions_ignored", CREATED, headers(f"v1a,{'B' * 86}== v2,x {v1(A)}"))
add("malformed_entries_ignored", CREATED, headers(f"junk v1,short  v1 {v1(A)} ,"))
add("32_signatures", CREATED, headers(" ".join([v1(B)] * 31 + [v1(A)])))
signed("id_of_256", event("ticket.created", DATA, id_="i" * 256), id_="i" * 256)
signed("id_of_symbols", event("ticket.created", DATA, id_="a/b:c,d=~!"), id_="a/b:c,d=~!")

# Accepted: age and form of the timestamp.
for age in (300, -300, 0):
    signed(f"age_{age}", event("ticket.created", DATA, sent=NOW - age), ts=NOW - age)
signed("timestamp_leading_zeros", CREATED, ts=f"00{NOW}")
signed("timestamp_zero", event("ticket.created", DATA, sent=0), ts=0, now=0)
signed("timestamp_of_12_digits", event("ticket.created", DATA, sent=999_999_999_999), ts=999_999_999_999,
       now=999_999_999_999)
signed("tolerance_of_one_hour", event("ticket.created", DATA, sent=NOW - 3600), ts=NOW - 3600, tolerance=3600)

# Accepted: secrets.
signed("secret_without_prefix", CREATED, secrets=[A.removeprefix("whsec_")])
signed("secret_without_padding", CREATED, secrets=[A.rstrip("=")])
signed("rotation_new_secret", CREATED, secret=B, secrets=[B, A])
signed("rotation_old_secret", CREATED, secret=A, secrets=[B, A])
add("rotation_sender_signs_with_both", CREATED, headers(f"{v1(B)} {v1(A)}"))

# Other schemes.
KEY = TEXT.encode()
timed = mac(KEY, f"{NOW}.".encode() + BODY).hex()
plain = mac(KEY, BODY)
by_body = hashlib.sha256(BODY).hexdigest()
unnamed = event("ticket.created", DATA, id_=None, key=by_body)
untimed = event("ticket.created", DATA, id_=None, key=by_body, sent=None)
text = {"secrets": [TEXT]}


def one(value):
    return [["X-Signature", value]]


add("timestamped_hex", unnamed, one(f"t={NOW},v1={timed}"), scheme=TIMED, **text)
add("timestamped_hex_spaces", unnamed, one(f"v0=x, v1={timed} , t={NOW}"), scheme=TIMED, **text)
add("timestamped_hex_two", unnamed, one(f"t={NOW},v1={'0' * 64},v1={timed}"), scheme=TIMED, **text)
add("timestamped_hex_upper_case", unnamed, one(f"t={NOW},v1={timed.upper()}"), scheme=TIMED, **text)
add("timestamped_hex_too_old", "timestamp_too_old", one(f"t={NOW},v1={timed}"), scheme=TIMED, now=NOW + 301, **text)
add("timestamped_hex_no_time", "malformed_timestamp", one(f"v1={timed}"), scheme=TIMED, **text)
add("timestamped_hex_two_times", "malformed_timestamp", one(f"t={NOW},t={NOW + 1},v1={timed}"), scheme=TIMED, **text)
add("timestamped_hex_other_time", "signature_mismatch", one(f"t={NOW + 1},v1={timed}"), scheme=TIMED, **text)
add("timestamped_hex_old_version", "no_supported_signature", one(f"t={NOW},v0={timed}"), scheme=TIMED, **text)
add("timestamped_hex_no_signature", "malformed_signature", one(f"t={NOW}"), scheme=TIMED, **text)
add("timestamped_hex_missing", "missing_header", [], scheme=TIMED, **text)
add("hex", untimed, one(f"sha256={plain.hex()}"), scheme=HEX, **text)
add("hex_other_algorithm", "no_supported_signature", one(f"sha1={plain.hex()[:40]}"), scheme=HEX, **text)
add("hex_cut_off", "malformed_signature", one(f"sha256={plain.hex()[:-2]}"), scheme=HEX, **text)
add("hex_tampered", "signature_mismatch", one(f"sha256={plain.hex()}"), BODY.replace(b"medium", b"urgent"), scheme=HEX, **text)
add("base64", untimed, one(base64.b64encode(plain).decode()), scheme=BASE64, **text)
add("base64_url_alphabet", "malformed_signature", one("-_" + "A" * 41 + "="), scheme=BASE64, **text)
add("own_header_names", CREATED, [[n.replace("webhook", "svix"), v] for n, v in good], scheme=OWN_NAMES)
add("own_header_names_missing", "missing_header", good, scheme=OWN_NAMES)
colons = mac(KEY, f"v0:{NOW}:{ID}:".encode() + BODY).hex()
add("own_payload", CREATED, headers(f"v0,{colons}"), scheme=COLONS, **text)
add("own_payload_separator_in_id", "malformed_id", headers(f"v0,{colons}", id_="a:b"), scheme=COLONS, **text)

# Refused: size and headers, before anything is computed.
signed("body_too_large", "body_too_large", b'{"event":"x","data":"' + b"a" * 64 + b'"}', max_body_bytes=64)
add("too_large_comes_first", "body_too_large", [], max_body_bytes=64)
for n, name in enumerate(("id", "timestamp", "signature")):
    add(f"missing_{name}", "missing_header", good[:n] + good[n + 1:])
    add(f"duplicate_{name}", "duplicate_header", good + [[good[n][0].title(), "other"]])
add("duplicate_id_cgi", "duplicate_header", good + [["HTTP_WEBHOOK_ID", "msg_other"]])
add("no_headers", "missing_header", [])
for name, bad in [("dot", "msg.1"), ("empty", ""), ("space", "msg 1"), ("too_long", "i" * 257), ("not_ascii", "消息")]:
    signed(f"id_{name}", "malformed_id", id_=bad)
for name, bad in [("empty", ""), ("sign", f"+{NOW}"), ("negative", "-1"), ("fraction", f"{NOW}.0"), ("hex", "0x10"),
                  ("space", f"{NOW} 0"), ("13_digits", "1767225600000"), ("words", "now"), ("exponent", "1e9"),
                  ("other_digits", "１７６７２２５６００"), ("iso", "2026-01-01T00:00:00Z"), ("underscore", "1_767_225_600")]:
    signed(f"timestamp_{name}", "malformed_timestamp", ts=bad)
signed("too_old", "timestamp_too_old", ts=NOW - 301)
signed("too_new", "timestamp_too_new", ts=NOW + 301)
signed("milliseconds_of_12_digits", "timestamp_too_new", ts=176_722_560_000)
signed("receiver_before_1970", "timestamp_too_new", ts=0, now=-301)
signed("tolerance_zero", "timestamp_too_old", ts=NOW - 1, tolerance=0)

# Refused: signatures.
for name, bad in [("empty", ""), ("tag_only", "v1,"), ("no_tag", v1(A)[3:]), ("equals_sign", v1(A).replace(",", "=", 1)),
                  ("no_padding", v1(A).rstrip("=")), ("not_base64", "v1," + "!" * 44), ("commas", f"{v1(A)},{v1(B)}"),
                  ("33_entries", " ".join([v1(A)] * 33)), ("not_ascii", "v1，签名")]:
    add(f"signature_{name}", "malformed_signature", headers(bad))
add("signature_asymmetric_only", "no_supported_signature", headers("v1a," + "B" * 86 + "=="))
add("signature_upper_case_tag", "no_supported_signature", headers(v1(A).replace("v1", "V1", 1)))
signed("wrong_secret", "signature_mismatch", secret=B)
add("tampered_body", "signature_mismatch", good, BODY.replace(b"medium", b"urgent"))
add("tampered_id", "signature_mismatch", headers(v1(A), id_=ID + "x"))
add("tampered_timestamp", "signature_mismatch", headers(v1(A), ts=NOW + 1))
add("timestamp_zeros_added", "signature_mismatch", headers(v1(A), ts=f"0{NOW}"))
add("first_byte_wrong", "signature_mismatch", headers("v1," + ("B" if v1(A)[3] == "A" else "A") + v1(A)[4:]))
add("last_secret_removed", "signature_mismatch", headers(v1(A)), secrets=[B])
add("body_cut_off", "signature_mismatch", good, BODY[:-1])
add("bad_signature_bad_utf8", "signature_mismatch", good, b"\xff\xfe")

# Refused: the same JSON, written by somebody else.
parsed = json.loads(BODY)
spaced, ascii_only = json.dumps(parsed, ensure_ascii=False).encode(), json.dumps(parsed).encode()
php = json.dumps({"event": "ticket.created", "data": {"title": "网/络"}}, separators=(",", ":")).replace("/", "\\/")
add("reserialized_python", "reserialized_body", good, ascii_only)
add("reserialized_spaces", "reserialized_body", good, spaced)
add("reserialized_indented", "reserialized_body", good, json.dumps(parsed, indent=2).encode())
add("reserialized_space_added", "reserialized_body", good, BODY + b" ")
add("reserialized_newline_added", "reserialized_body", good, BODY + b"\n")
add("reserialized_newline_lost", "reserialized_body", headers(v1(A, BODY + b"\n")), BODY)
add("reserialized_by_javascript", "reserialized_body", headers(v1(A, ascii_only)), BODY)
add("reserialized_from_php", "reserialized_body", headers(v1(A, php.encode())),
    json.dumps(json.loads(php), ensure_ascii=False).encode())

# Refused: content, after the signature was good.
signed("empty_body", "empty_body", b"")
add("empty_body_unsigned", "empty_body", good, b"")
for name, reason, body in [
    ("not_utf8", "not_utf8", b'{"event":"\xff"}'), ("utf16", "not_utf8", BODY.decode().encode("utf-16")),
    ("gbk", "not_utf8", BODY.decode().encode("gbk")), ("overlong_utf8", "not_utf8", b'{"event":"\xc0\xaf"}'),
    ("not_json", "not_json", b"event=ticket.created"), ("json_cut_off", "not_json", BODY[:-1]),
    ("two_documents", "not_json", b'{"event":"a"}{}'), ("trailing_comma", "not_json", b'{"event":"a",}'),
    ("nan", "not_json", b'{"event":"a","data":NaN}'), ("two_byte_order_marks", "not_json", b"\xef\xbb\xbf" * 2 + BODY),
    ("nested_too_deep", "not_json", b"[" * 2000), ("white_space_only", "not_json", b"  \n"),
    ("json_array", "malformed_event", b'[{"event":"a"}]'), ("json_null", "malformed_event", b"null"),
    ("no_event", "malformed_event", b'{"data":{}}'), ("event_not_text", "malformed_event", b'{"event":1}'),
    ("event_empty", "malformed_event", b'{"event":""}'), ("event_null", "malformed_event", b'{"event":null}'),
]:
    signed(name, reason, body)

names = [v["name"] for v in vectors]
assert len(names) == len(set(names)), "names must differ"
lines = ",\n".join(json.dumps(v, ensure_ascii=False) for v in vectors)
about = ("Written by generate_webhooks.py. scheme: a SignatureScheme. now: epoch seconds of the receiver. "
         "tolerance (s), max_body_bytes: settings other than the default. sent_at: epoch seconds.")
path = pathlib.Path(__file__).with_name("webhooks.json")
path.write_text(f'{{"about": {json.dumps(about)},\n"vectors": [\n{lines}\n]}}\n', encoding="utf-8")
print(len(vectors), "vectors")
