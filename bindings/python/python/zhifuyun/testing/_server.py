"""The mock server as a child process, and its worlds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import Client
from .._types import Self
from ..webhooks import Webhook

if TYPE_CHECKING:
    from .._async_client import AsyncClient

_NAME = "zhifuyun-mock-server"
# The control plane is on this machine; a proxy for the outside has no business there.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def find_server() -> str:
    """The path of the mock server. Raises FileNotFoundError that says what to do."""
    if given := os.environ.get("ZHIFUYUN_MOCK_SERVER"):
        return given
    if found := shutil.which(_NAME):
        return found
    for folder in (Path.cwd(), *Path.cwd().parents):
        for profile in ("release", "fast", "debug"):
            if (built := folder / "target" / profile / _NAME).is_file():
                return str(built)
    raise FileNotFoundError(
        f"{_NAME} was not found: install it (cargo install {_NAME}), or set ZHIFUYUN_MOCK_SERVER to its path"
    )


class World:
    """An isolated service with its own data, keys, clock, limits, faults and journal."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.url: str = facts["url"]
        self.control_url: str = facts["control_url"]
        self.client_id: str = facts["client_id"]
        self.client_secret: str = facts["client_secret"]
        self.webhook_secret: str = facts["webhook_secret"]

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        own = {"base_url": self.url, "client_id": self.client_id, "client_secret": self.client_secret}
        return own | {"plan": "off", "proxy": False} | options

    def client(self, **options: Any) -> Client:
        """A client of this world, without a plan unless you give one."""
        return Client(**self._options(options))

    def async_client(self, **options: Any) -> AsyncClient:
        """The same for asyncio."""
        from .._async_client import AsyncClient

        return AsyncClient(**self._options(options))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Speaks to the control plane, such as `control("POST", "/faults", {...})`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        url = self.control_url + path
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        with _OPENER.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fault(self, action: dict[str, Any], **rule: Any) -> None:
        """Adds a fault rule, such as `fault({"status": 503}, when={"first": 1})`."""
        self.control("POST", "/faults", rule | {"action": action})

    def advance(self, seconds: float) -> None:
        """Moves the world's clock; what falls due happens."""
        self.control("POST", "/clock/advance", {"seconds": seconds})

    def journal(self, **filters: Any) -> list[dict[str, Any]]:
        """What clients sent, oldest first."""
        entries: list[dict[str, Any]] = self.control("GET", f"/journal?{urllib.parse.urlencode(filters)}")["entries"]
        return entries

    def webhook(self) -> Webhook:
        """Verifies and signs with the secret of this world."""
        return Webhook(self.webhook_secret)


class MockServer(World):
    """A running mock server and its default world. Ends with the `with` block."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [find_server(), "--port", "0", "--exit-with-stdin", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._process.stdout is None:  # pragma: no cover
            raise RuntimeError("no pipe")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{_NAME} ended with status {self._process.wait()} before it was ready")
        super().__init__(json.loads(line))

    def world(self, **document: Any) -> World:
        """A new world from a world document, such as `world(seed={"conversations": 100})`."""
        return World(self.control("POST", "/worlds", document))

    def close(self) -> None:
        """Ends the server."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
