"""Installs the wheel into clean environments, without Rust on PATH, and uses it; builds and installs the sdist."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

CHECK = """
import time
def own():  # Memory in KB without the pages of files, which processes share; 0 where there is no /proc.
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))
    except OSError:
        return 0
own()
began, before = time.process_time(), own()
import zhifuyun
took = time.process_time() - began
grown = own() - before
import asyncio, pathlib
from zhifuyun.testing import MockServer
from zhifuyun.webhooks import Webhook
assert (pathlib.Path(zhifuyun.__file__).parent / "py.typed").is_file()
with MockServer() as server:
    world = server.world(seed={"conversations": 30})
    with world.client() as client:
        assert sum(1 for _ in client.conversations.iter(limit=10)) == 30
    async def main():
        async with world.async_client() as client:
            assert (await client.conversations.list()).total == 30
    asyncio.run(main())
    hooks, body = world.webhook(), b'{"event":"ticket.created"}'
    assert hooks.verify(hooks.sign(body, id="m"), body).known
print(f"{took * 1000:.0f} {grown}")
"""


def interpreters() -> list[str]:
    """Every CPython from 3.10 on that can be found."""
    found: dict[str, str] = {}
    candidates = [shutil.which(f"python3.{minor}") for minor in range(10, 20)]
    candidates += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))
    for path in [sys.executable, *filter(None, candidates)]:
        code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        name, _, version = done.stdout.strip().partition(" ")
        if done.returncode == 0 and name == "cpython" and tuple(map(int, version.split("."))) >= (3, 10):
            found.setdefault(version, path)
    return [found[version] for version in sorted(found, key=lambda v: int(v.split(".")[1]))]


def check_wheel(wheel: Path) -> None:
    """What is in the wheel, and what must not be."""
    assert "cp310-abi3" in wheel.name, wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in names:
            assert "__pycache__" not in name, name
            assert not name.endswith((".pyc", ".rs", ".toml")), name
            # Nobody needs to know where it was built.
            assert str(ROOT).encode() not in archive.read(name), f"{name} names {ROOT}"
    for wanted in ("py.typed", "LICENSE-MIT", "LICENSE-APACHE"):
        assert any(Path(name).name == wanted for name in names), f"{wanted} is not in the wheel"


def install(python: str, wheel: Path, folder: str, server: str) -> tuple[str, int, int]:
    """Uses the wheel in a new environment in which there is no compiler; the import's milliseconds and KB."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    inside = f"{folder}/bin/python"
    environment = {"PATH": f"{folder}/bin", "ZHIFUYUN_MOCK_SERVER": server, "HOME": folder, "NO_PROXY": "127.0.0.1"}
    command = [inside, "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, env=environment)
    # The first run writes the compiled modules.
    runs = [
        subprocess.run([inside, "-c", CHECK], check=True, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    took, grown = (min(map(int, column)) for column in zip(*(run.stdout.split() for run in runs[1:])))
    version = subprocess.run([inside, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    return version, took, grown


def build(sdist: Path, folder: str) -> Path:
    """A wheel from the sdist as pip builds it, without the slow optimisations."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    environment = os.environ | {"MATURIN_PEP517_ARGS": "--profile dev"}
    subprocess.run([*command, "--wheel-dir", folder, str(sdist)], check=True, env=environment)
    [wheel] = Path(folder).glob("*.whl")
    return wheel


def main(wheels: Path, server: str) -> None:
    """Checks both packages."""
    [wheel] = wheels.glob("*.whl")
    [sdist] = wheels.glob("*.tar.gz")
    check_wheel(wheel)
    versions = []
    for python in interpreters():
        with tempfile.TemporaryDirectory() as folder:
            version, took, grown = install(python, wheel, folder, server)
        assert took <= 50, f"import took {took} ms"
        assert grown <= 5 * 1024, f"import took {grown} KB"
        versions.append(f"{version} (import {took} ms, {grown / 1024:.1f} MB)")
    with tempfile.TemporaryDirectory() as built, tempfile.TemporaryDirectory() as folder:
        install(sys.executable, build(sdist, built), folder, server)
    size = wheel.stat().st_size / 1e6
    print(f"a wheel of {size:.1f} MB works on {', '.join(versions)}; so does one built from the sdist")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
