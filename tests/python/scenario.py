"""One scenario: its world, its steps, and what must be in the journal afterwards."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Protocol

import journal
from control import ask
from hooks import Hooks
from matching import Failed, compare, keys, paths
from project import error as project_error
from zhifuyun import ZhifuyunError

STEPS = {
    "call": ["call", "args", "options", "times", "parallel", "expect"],
    "iterate": ["iterate", "args", "options", "walk", "stop_after", "during", "expect"],
    "control": ["control", "expect"],
    "sleep_ms": ["sleep_ms"],
    "verify": ["verify", "expect"],
    "sign": ["sign", "expect"],
    "new_client": ["new_client", "expect"],
}
OPTIONS = ["timeout", "max_retries"]
Outcome = tuple[Any, Any]  # result, error


class Host(Protocol):
    """A runner: one style of client."""

    def make(self, options: dict[str, Any]) -> None:
        """Makes the client that is used from now on."""

    def call(self, name: str, given: dict[str, Any], times: int, parallel: int) -> list[Outcome]:
        """Makes a call so often."""

    def iterate(self, name: str, given: dict[str, Any], most: int | None, after: Callable[[int], None]) -> Outcome:
        """Reads a list item by item."""

    def close(self) -> None:
        """The scenario is over."""


def native(name: str, value: Any) -> Any:
    """Times and dates as users of Python write them; what is none stays text, for the SDK to judge."""
    kind = {"start_time": datetime, "end_time": datetime, "start_date": date, "end_date": date}.get(name)
    if kind is None or not isinstance(value, str):
        return value
    try:
        made = kind.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return value
    return made if kind is datetime or made.isoformat() == value else value


def caught(work: Callable[[], Any]) -> Outcome:
    """The result of some work, or its error."""
    try:
        return work(), None
    except ZhifuyunError as e:
        return None, project_error(e)


class Scenario:
    """Runs one scenario."""

    def __init__(self, server: str, text: str, host: Host) -> None:
        document = json.loads(text)
        self.host = host
        self.world = ask("POST", f"{server}/_mock/worlds", document.get("server", {}))
        self.control: str = self.world["control_url"]
        for name in ("url", "control_url", "client_id", "client_secret", "webhook_secret"):
            text = text.replace("{{" + name + "}}", self.world[name])
        text = text.replace("{{host}}", urllib.parse.urlsplit(self.world["url"]).netloc)
        if "gate" in document:
            gate = ask("POST", f"{self.control}/gates", document["gate"])
            for name, key in (("gate", "url"), ("gate_id", "id"), ("gate_ca", "ca_file")):
                text = text.replace("{{" + name + "}}", str(gate.get(key)))
            text = text.replace("{{gate_host}}", urllib.parse.urlsplit(gate["url"]).netloc)
        known = ["name", "why", "rows", "server", "gate", "client", "clock", "steps", "wire"]
        self.document = keys("scenario", json.loads(text), known)
        self.defaults = {
            "base_url": self.world["url"],
            "client_id": self.world["client_id"],
            "client_secret": self.world["client_secret"],
        }
        clock = self.document.get("clock", "real")
        if clock == "test":
            self.defaults["test_clock"] = f"{self.control}/clock/advance"
        elif clock != "real":
            raise Failed(f"unknown clock {clock}")
        self.secrets: list[str] = []
        self.hooks = Hooks(lambda path: ask("GET", self.control + path))

    def run(self) -> None:
        """All of it."""
        try:
            self.client(self.document.get("client", {}))
            for number, step in enumerate(self.document["steps"], 1):
                self.step(f"step {number}", step)
            journal.check(self.control, self.document.get("wire", {}), self.secrets)
        finally:
            self.host.close()
            ask("DELETE", self.control)

    def client(self, own: dict[str, Any]) -> None:
        options = self.defaults | own
        self.secrets += [options["client_secret"]] if options["client_secret"] else []
        self.host.make(options)

    def tell(self, request: dict[str, Any]) -> Any:
        keys("control", request, ["method", "path", "body"])
        return ask(request["method"], self.control + request["path"], request.get("body"))

    def step(self, what: str, step: dict[str, Any]) -> None:
        [kind] = [kind for kind in STEPS if kind in step] or [""]
        if not kind:
            raise Failed(f"{what}: unknown step {step}")
        keys(what, step, STEPS[kind])
        began = time.monotonic()
        for result, error in self.outcomes(kind, what, step):
            self.check(what, step.get("expect", {}), result, error, time.monotonic() - began)

    def outcomes(self, kind: str, what: str, step: dict[str, Any]) -> list[Outcome]:
        given = {name: native(name, value) for name, value in step.get("args", {}).items()}
        given |= keys(f"{what}: options", step.get("options", {}), OPTIONS)
        if kind == "call":
            return self.host.call(step["call"], given, step.get("times", 1), step.get("parallel", 1))
        if kind == "iterate":
            given |= keys(f"{what}: walk", step.get("walk", {}), ["consistency", "prefetch", "max_items"])
            during = [keys(what, each, ["after_items", "control"]) for each in step.get("during", [])]

            def after(count: int) -> None:
                for event in during:
                    if event["after_items"] == count:
                        self.tell(event["control"])

            return [self.host.iterate(step["iterate"], given, step.get("stop_after"), after)]
        if kind == "control":
            return [(self.tell(step["control"]), None)]
        if kind == "sleep_ms":
            time.sleep(step["sleep_ms"] / 1000)
            return []
        if kind == "new_client":
            return [caught(lambda: self.client(step["new_client"]) or {})]
        return [caught(lambda: self.hooks.run(kind, step[kind]))]

    def check(self, what: str, expect: Any, result: Any, error: Any, took: float) -> None:
        keys(f"{what}: expect", expect, ["result", "error", "elapsed"])
        if error is not None and any(s in json.dumps(error, default=repr) for s in [*self.secrets, "eyJ"]):
            raise Failed(f"{what}: the error shows a secret")
        if "error" in expect and error is None:
            raise Failed(f"{what}: expected the error {expect['error']}, but it succeeded")
        if "error" not in expect and error is not None:
            raise Failed(f"{what}: failed: {error}")
        if "error" in expect:
            paths(f"{what}: error", expect["error"], error)
        if "result" in expect:
            paths(f"{what}: result", expect["result"], result)
        if "elapsed" in expect:
            compare(f"{what}: elapsed", expect["elapsed"], took)
