"""Installs the wheel into clean environments, without Rust on PATH, and uses it; looks into the sdist."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CHECK = """
import resource, sys, time
began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import zhifuyun
took = time.process_time() - began
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
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


def main(wheels: Path, server: str) -> None:
    """Checks both packages."""
    [wheel] = wheels.glob("*.whl")
    assert "cp310-abi3" in wheel.name, wheel.name
    [sdist] = wheels.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in ("pyproject.toml", "PKG-INFO", "Cargo.lock"):
        assert wanted in names or any(name.endswith(f"/{wanted}") for name in names), wanted
    versions = []
    for python in interpreters():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python, "-m", "venv", folder], check=True)
            inside = f"{folder}/bin/python"
            # No compiler, no cargo: the wheel must be enough.
            environment = {"PATH": f"{folder}/bin", "ZHIFUYUN_MOCK_SERVER": server, "HOME": folder}
            install = [inside, "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)]
            subprocess.run(install, check=True, env=environment)
            runs = [
                subprocess.run([inside, "-c", CHECK], check=True, env=environment, capture_output=True, text=True)
                for _ in range(2)
            ]
            took, grown = min((int(a), int(b)) for a, b in (run.stdout.split() for run in runs))
            assert took <= 50, f"import took {took} ms"
            version = subprocess.run([inside, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
            versions.append(f"{version} (import {took} ms, {grown / 1024:.1f} MB)")
    size = wheel.stat().st_size / 1e6
    print(f"a wheel of {size:.1f} MB works on {', '.join(versions)}; the sdist is complete")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
