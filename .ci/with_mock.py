"""A mock server around a command.

    with_mock.py SERVER COMMAND...

The command finds address and credentials in the environment, as `from_env` reads them.
"""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request


def control(url, body=None):
    """Speaks to the control plane; straight to this machine, whatever proxy the environment names."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
        return json.load(response)


@contextlib.contextmanager
def mock_server(binary, *options):
    """A running server; gives what it printed when it was ready."""
    command = [binary, "--port", "0", "--exit-with-stdin", "--log", "warn", *options]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.stdin.close()
        server.wait(timeout=10)


def environment(world, **more):
    """This process's environment with the credentials of a world, and nothing else that clients read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIFUYUN_")}
    return kept | {
        "ZHIFUYUN_BASE_URL": world["url"], "ZHIFUYUN_CLIENT_ID": world["client_id"],
        "ZHIFUYUN_CLIENT_SECRET": world["client_secret"], "ZHIFUYUN_WEBHOOK_SECRET": world["webhook_secret"],
        "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONUTF8": "1", **more,
    }


def main():
    binary, *command = sys.argv[1:]
    data = ["--seed", "42", "--conversations", "300", "--tickets", "150", "--plan", "off"]
    with mock_server(binary, *data) as server:
        return subprocess.run(command, env=environment(server, ZHIFUYUN_MOCK_SERVER=os.path.abspath(binary))).returncode


if __name__ == "__main__":
    sys.exit(main())
