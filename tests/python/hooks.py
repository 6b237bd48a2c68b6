"""The steps about webhooks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from matching import Failed, keys
from project import plain
from zhifuyun.webhooks import MemoryReplayGuard, Webhook

BUILD = ["scheme", "tolerance", "max_body_bytes"]
KNOWN = {
    "sign": ["scheme", "secrets", "id", "timestamp", "body"],
    "verify": [*BUILD, "secrets", "headers", "sign_as", "delivery", "body", "body_base64", "now", "handler"],
}


class Hooks:
    """Verifies and signs. What was handled is remembered as long as the scenario."""

    def __init__(self, look: Callable[[str], Any]) -> None:
        self.look, self.guard = look, MemoryReplayGuard()

    def run(self, kind: str, spec: dict[str, Any]) -> Any:
        """One step."""
        spec = dict(keys(kind, spec, KNOWN[kind]))
        webhook = Webhook(*spec["secrets"], **{name: spec[name] for name in BUILD if name in spec})
        if "delivery" in spec:
            received = self.look("/inbox")["received"][spec["delivery"]]
            spec |= {name: received[name] for name in ("headers", "body", "body_base64") if received.get(name)}
        encoded = spec.get("body_base64")
        body = spec.get("body", "").encode() if encoded is None else base64.b64decode(encoded)
        if kind == "sign":
            return webhook.sign(body, id=spec.get("id", ""), timestamp=spec.get("timestamp"))
        headers = spec.get("headers", [])
        if "sign_as" in spec:
            headers = webhook.sign(body, id=spec["sign_as"])
        event = webhook.verify(headers, body, now=spec.get("now"))
        if "handler" in spec:
            reservation = self.guard.reserve(event.dedupe_key)
            ends = {"succeed": reservation.commit, "fail": reservation.release}
            ends["again"] = lambda: self.guard.reserve(event.dedupe_key)
            if spec["handler"] not in ends:
                raise Failed(f"unknown handler {spec['handler']}")
            ends[spec["handler"]]()
        return plain(event)
