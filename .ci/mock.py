"""The mock server under testers that somebody else wrote. Standard library only; see mock.sh.

    mock.py SERVER SCHEMATHESIS PRISM

Schemathesis sends at least 1,000 generated cases over the OpenAPI document. Prism sits between a client and the
server for every operation and answers with an error whenever a request or an answer breaks the document.
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

MINIMUM_CASES = 1_000

# Everything here is on this machine: a proxy from the environment would not find it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LOCAL = {**os.environ, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


class Server:
    """The mock server as a child that ends with us."""

    def __init__(self, path: str) -> None:
        command = [path, "--port", "0", "--exit-with-stdin", "--seed", "42", "--conversations", "2000"]
        command += ["--tickets", "500", "--plan", "off"]
        # Those of the document's examples, so that some of the generated requests for a token succeed.
        command += ["--client-id", "your_client_id", "--client-secret", "your_client_secret"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]
        credentials = {k: self.ready[k] for k in ("client_id", "client_secret")}
        answer = post(self.url + "/oauth/token", {"grant_type": "client_credentials", **credentials})
        self.token = answer["access_token"]

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)


def post(url: str, body: dict) -> dict:
    headers = {"content-type": "application/json"}
    with DIRECT.open(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=20) as answer:
        return json.load(answer)


def schemathesis(tool: str, server: Server) -> None:
    seed = os.environ.get("SEED") or str(random.randrange(1 << 31))
    print(f"schemathesis seed {seed} (repeat with SEED={seed})", flush=True)
    command = [tool, "--config-file", "mock-server/schemathesis.toml", "run", server.url + "/openapi.json"]
    command += ["--header", f"Authorization: Bearer {server.token}", "--seed", seed, "--max-examples", "80"]
    command += ["--checks", "all", "--workers", "1"]
    run = subprocess.run(command, capture_output=True, text=True, env=LOCAL)
    print(run.stdout[-6000:], run.stderr[-2000:])
    cases = [int(n) for n in re.findall(r"([\d]+) generated", run.stdout.replace(",", ""))]
    assert run.returncode == 0, "schemathesis found violations"
    assert cases and max(cases) >= MINIMUM_CASES, f"only {cases} cases"


def prism(tool: str, server: Server) -> None:
    port = free_port()
    command = [tool, "proxy", server.url + "/openapi.json", server.url, "--errors", "--port", str(port)]
    # A file and not a pipe: a pipe that nobody reads fills up and stops the writer.
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115
    proxy = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=LOCAL)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(base, proxy, log)
        checked = 0
        for method, path, body, want in requests(server):
            status, answer, violations = send(method, base + path, body, server.token)
            assert status == want, f"{method} {path}: {status}, not {want}: {answer[:600]}"
            assert not violations, f"{method} {path}: {violations}"
            checked += 1
        print(f"prism: {checked} requests, no violation")
    finally:
        proxy.terminate()
        proxy.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(base: str, proxy: subprocess.Popen, log) -> None:
    for _ in range(600):
        if proxy.poll() is not None:
            log.seek(0)
            raise AssertionError("prism ended: " + log.read())
        try:
            DIRECT.open(base + "/v1/statistics", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("prism did not start")


def requests(server: Server):
    """Every operation, with and without its parameters, good and bad."""
    credentials = {k: server.ready[k] for k in ("client_id", "client_secret")}
    yield "POST", "/oauth/token", {"grant_type": "client_credentials", **credentials}, 200
    yield "GET", "/v1/conversations", None, 200
    times = "start_time=2020-01-01T00:00:00Z&end_time=2030-01-01T00:00:00Z"
    yield "GET", f"/v1/conversations?page=2&limit=100&status=closed&{times}", None, 200
    body = {"user_id": "user_123", "channel": "web", "initial_message": "你好"}
    yield "POST", "/v1/conversations", body, 200
    yield "GET", "/v1/conversations/conv_000001", None, 200
    yield "GET", "/v1/conversations/no-such", None, 404
    yield "GET", "/v1/tickets", None, 200
    yield "GET", "/v1/tickets?page=1&limit=5&status=open&priority=high&assignee_id=u_9", None, 200
    ticket = {"title": "产品咨询", "description": "价格", "priority": "medium", "customer_email": "a@b.cn"}
    yield "POST", "/v1/tickets", ticket, 200
    yield "PATCH", "/v1/tickets/ticket_000001", {"status": "resolved", "comment": "好"}, 200
    yield "PATCH", "/v1/tickets/no-such", {"status": "resolved"}, 404
    for kind in ("conversation", "ticket", "satisfaction"):
        for step in ("day", "week", "month"):
            query = f"type={kind}&start_date=2025-01-01&end_date=2026-12-31&group_by={step}"
            yield "GET", f"/v1/statistics?{query}", None, 200


def send(method: str, url: str, body, token: str):
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with DIRECT.open(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("sl-violations")
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(), e.headers.get("sl-violations")


def main() -> None:
    server = Server(sys.argv[1])
    try:
        prism(sys.argv[3], server)
        schemathesis(sys.argv[2], server)
    finally:
        server.stop()


main()
