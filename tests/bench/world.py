"""The servers of a bench run, in processes of their own, and the machine they run on."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import urllib.request
from pathlib import Path
from typing import Any


class Server:
    """A server that ends when its standard input closes."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "RUST_LOG": "warn"}
        )
        assert self.process.stdout
        self.hello = self.process.stdout.readline().strip()
        if not self.hello:
            raise RuntimeError(f"{command[0]} did not start")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)

    def cpu(self) -> float:
        """CPU seconds of all its threads so far."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9


class Mock(Server):
    """The mock server, without limits, with `conversations` in it."""

    def __init__(self, binary: Path, conversations: int) -> None:
        super().__init__([
            str(binary), "--port", "0", "--exit-with-stdin", "--plan", "off", "--seed", "42",
            "--conversations", str(conversations), "--tickets", "0",
        ])
        ready = json.loads(self.hello)
        self.url = ready["url"]
        credentials = {key: ready[key] for key in ("client_id", "client_secret")}
        credentials["grant_type"] = "client_credentials"
        answer = json.loads(self.ask("/oauth/token", credentials))
        self.token = answer.get("access_token") or answer["data"]["access_token"]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body else None)
        request.add_header("content-type", "application/json")
        if body is None:
            request.add_header("authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request) as answer:
            return answer.read()


def bodies(mock: Mock, directory: Path) -> None:
    """What the fixed server will answer: the mock server's own words. The eleventh page is empty."""
    directory.mkdir(parents=True, exist_ok=True)
    for page in range(1, 12):
        body = mock.ask(f"/v1/conversations?page={page}&limit=100")
        (directory / f"page-{page}.json").write_bytes(body)
        if page == 1:
            first = json.loads(body)["data"]["items"][0]["id"]
            (directory / "conversation.json").write_bytes(mock.ask(f"/v1/conversations/{first}"))


VERSIONS = {
    "rust": ["rustc", "--version"],
    "python": ["python3", "--version"],
    "node": ["node", "--version"],
    "java": ["java", "--version"],
    "php": ["php", "--version"],
}


def peers(here: Path) -> dict[str, str]:
    """The versions of the peers, as they are pinned or installed."""
    python = (here / "python" / "requirements.txt").read_text().split()
    node = json.loads((here / "node" / "package.json").read_text())["dependencies"]
    pom = (here / "java" / "pom.xml").read_text().partition("</dependencies>")[0]
    java = re.findall(r"<artifactId>(.*)</artifactId>\s*<version>(.*)</version>", pom)
    lock = (here / "rust" / "Cargo.lock").read_text()
    rust = [re.search(f'name = "({name})"\nversion = "(.*)"', lock) for name in ("reqwest", "ureq", "standardwebhooks")]
    php = {
        "ext-curl": ["php", "-r", "echo curl_version()['version'];"],
        "Guzzle": ["dpkg-query", "-W", "-f", "${Version}", "php-guzzlehttp-guzzle"],
    }
    return {
        "rust": ", ".join(f"{m[1]} {m[2]}" for m in rust if m),
        "python": ", ".join(python).replace("==", " "),
        "node": ", ".join(f"{name} {number}" for name, number in node.items()),
        "java": ", ".join(f"{name} {number}" for name, number in java if number != "0"),
        "php": ", ".join(f"{name} {found}" for name, command in php.items() if (found := version(command))),
    }


def version(command: list[str]) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def machine() -> dict[str, Any]:
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024**2
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.release()}",
        "load_at_start": round(os.getloadavg()[0], 2),
        "versions": {name: found for name, command in VERSIONS.items() if (found := version(command))},
    }
