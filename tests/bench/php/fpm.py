"""A contender that is a php-fpm with one worker: `fpm.py CONTENDER URL EXTENSION CA`. Jobs are answered as in
bench.php; an operation is one request to the worker, by FastCGI."""

from __future__ import annotations

import json
import os
import pwd
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
CONFIG = """
[global]
error_log = {dir}/fpm.log
daemonize = no
[bench]
user = {user}
group = {user}
listen = {dir}/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 1
clear_env = no
env[BENCH_CONTENDER] = {contender}
env[BENCH_URL] = {url}
env[BENCH_CA] = {ca}
"""


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name: str, value: str) -> bytes:
    sizes = b"".join(struct.pack("!I", len(x) | 0x80000000) for x in (name.encode(), value.encode()))
    return sizes + name.encode() + value.encode()


def request(script: Path) -> bytes:
    """The words of one request, the same each time."""
    parameters = {"SCRIPT_FILENAME": str(script), "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
    body = b"".join(pair(k, v) for k, v in parameters.items())
    return record(1, struct.pack("!HB5x", 1, 0)) + record(4, body) + record(4, b"") + record(5, b"")


def fastcgi(path: str, words: bytes) -> bytes:
    """One request; what the script printed. With little work, which would count for all contenders alike."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(words)
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    out, at = b"", 0
    while at < len(data):
        _, kind, _, length, padding = struct.unpack_from("!BBHHB", data, at)
        if kind == 6:
            out += data[at + 8 : at + 8 + length]
        at += 8 + length + padding
    return out.partition(b"\r\n\r\n")[2]


def cpu(master: int) -> float:
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    stats = [int(t.read_text().split()[0]) for w in workers for t in Path(f"/proc/{w}/task").glob("*/schedstat")]
    return sum(stats) / 1e9


def main() -> None:
    contender, url, extension, ca = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        where.chmod(0o755)
        ca = ca if url.startswith("https") else ""
        text = CONFIG.format(dir=where, user=pwd.getpwuid(os.getuid()).pw_name, contender=contender, url=url, ca=ca)
        config = where / "fpm.conf"
        config.write_text("\n".join(line for line in text.splitlines() if not line.endswith("= ")))
        master = subprocess.Popen(
            # -R: as root, who can read this folder wherever it lies, if it is root who runs the bench.
            [os.environ["PHP_FPM"], "-F", "-R", "-y", config, "-d", f"extension={extension}"], stderr=subprocess.DEVNULL
        )
        path = str(where / "fpm.sock")
        try:
            while not os.path.exists(path):
                time.sleep(0.01)
            words = request(HERE / "request.php")
            for line in sys.stdin:
                job = json.loads(line)
                start, used = time.perf_counter(), cpu(master.pid)
                check = sum(int(fastcgi(path, words)) for _ in range(job["count"]))
                wall = time.perf_counter() - start
                report = {"wall": wall, "cpu": cpu(master.pid) - used, "ops": job["count"], "check": check}
                print(json.dumps(report), flush=True)
        finally:
            master.terminate()
            master.wait()


main()
