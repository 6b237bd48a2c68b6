"""What is written about the package holds: examples, help, import, testing helpers."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import pydoc
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import zhifuyun
from conftest import OPEN
from zhifuyun import Client
from zhifuyun.testing import MockServer, World, find_server

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "python"


def modules() -> list[str]:
    """Every module of the package."""
    found = pkgutil.walk_packages(zhifuyun.__path__, "zhifuyun.")
    return ["zhifuyun", *(module.name for module in found)]


@pytest.fixture
def documented(zhifuyun_server: MockServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The data that the examples speak of."""
    time = "2025-06-01T10:00:00Z"
    conversations = [
        {
            "id": f"conv_{n:03}",
            "user_id": "user_1",
            "channel": "web",
            "status": "active" if n <= 32 else "closed",
            "created_at": time,
            "updated_at": time,
        }
        for n in range(1, 51)
    ]
    world = zhifuyun_server.world(conversations=conversations, seed={"seed": 1, "tickets": 7}, limits=OPEN)
    if not world.client().conversations.list().total:
        world.control("POST", "/conversations", conversations)
    for name, value in (
        ("CLIENT_ID", world.client_id),
        ("CLIENT_SECRET", world.client_secret),
        ("BASE_URL", world.url),
        ("WEBHOOK_SECRET", world.webhook_secret),
    ):
        monkeypatch.setenv(f"ZHIFUYUN_{name}", value)
    yield world


@pytest.mark.parametrize("name", modules())
def test_doctests(name: str, documented: World) -> None:
    with documented.client() as client:
        module = importlib.import_module(name)
        result = doctest.testmod(module, extraglobs={"client": client}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_every_public_name_is_described() -> None:
    for name in zhifuyun.__all__:
        assert name == "__version__" or (getattr(zhifuyun, name).__doc__ or "").strip(), name
    for resource in ("conversations", "tickets", "statistics"):
        cls = getattr(Client, resource).fget.__annotations__["return"]
        for method in vars(getattr(importlib.import_module("zhifuyun._resources"), cls)).values():
            assert method.__doc__ or not callable(method) or method.__name__ == "__init__"
    assert set(zhifuyun.__all__) <= set(dir(zhifuyun))
    with pytest.raises(AttributeError):
        _ = zhifuyun.nothing  # type: ignore[attr-defined]


def test_help_reads_well() -> None:
    text = pydoc.plain(pydoc.render_doc(zhifuyun, renderer=pydoc.plaintext))
    for wanted in (
        "from zhifuyun import Client",
        "class Client(",
        "The id; never missing.",
        "max_retry_after",
        "class Items(",
    ):
        assert wanted in text
    assert "capsule object" not in text
    text = pydoc.plain(pydoc.render_doc(zhifuyun.errors, renderer=pydoc.plaintext))
    for name in vars(zhifuyun.ZhifuyunError()):
        assert name.startswith("_") or f"{name}\n" in text, name


def test_type_hints_can_be_read() -> None:
    """As tools do that build something from signatures."""
    from zhifuyun import _async_resources, _resources, webhooks

    classes = [Client, zhifuyun.AsyncClient, webhooks.Webhook, webhooks.Webhooks, zhifuyun.Items, zhifuyun.AsyncPages]
    for module in (_resources, _async_resources):
        classes += [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    for cls in classes:
        for name in dir(cls):
            found = getattr(cls, name)
            if not name.startswith("_") and callable(found):
                assert "return" in typing.get_type_hints(found), (cls, name)


def test_import_is_cheap() -> None:
    code = (
        "import resource, time, json\n"
        "before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()\n"
        "import zhifuyun, sys\n"
        "took = time.process_time() - began\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(json.dumps([took, grown, 'asyncio' in sys.modules, 'logging' in sys.modules, 'pandas' in sys.modules]))"
    )
    import json

    results = []
    # A busy machine takes longer now and then; one quick import shows how much there is to do.
    while not results or (min(took for took, _ in results) >= 0.05 and len(results) < 40):
        took, grown, *heavy = json.loads(subprocess.check_output([sys.executable, "-c", code]))
        assert heavy == [False, False, False]
        results.append((took, grown))
    assert min(took for took, _ in results) < 0.05, results


def test_fixtures(zhifuyun_world: World, zhifuyun_client: Client) -> None:
    assert zhifuyun_client.tickets.list().total == 0
    assert [entry["path"] for entry in zhifuyun_world.journal()] == ["/oauth/token", "/v1/tickets"]
    zhifuyun_world.advance(5)
    body = b'{"event":"ticket.created"}'
    hooks = zhifuyun_world.webhook()
    assert hooks.verify(hooks.sign(body, id="m"), body).type == "ticket.created"


def test_the_journal_is_asked_for_any_path(zhifuyun_world: World) -> None:
    with zhifuyun_world.client() as client:
        client.authenticate()
    for path in ("/v1/conversations/对话", "/a b", "/a&limit=x", "/a+b", "/a%20b"):
        assert zhifuyun_world.journal(path=path) == []
    assert len(zhifuyun_world.journal(path="/oauth/token")) == 1


def test_the_plugin_is_cheap() -> None:
    """pytest imports it in every project."""
    code = (
        "import pytest, sys, zhifuyun\n"
        "before = set(sys.modules)\n"
        "import zhifuyun.testing.plugin\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['zhifuyun.testing', 'zhifuyun.testing.plugin']"


def test_the_server_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHIFUYUN_MOCK_SERVER", "/somewhere")
    assert find_server() == "/somewhere"
    monkeypatch.delenv("ZHIFUYUN_MOCK_SERVER")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="ZHIFUYUN_MOCK_SERVER"):
        find_server()


@pytest.mark.parametrize("name", ["quickstart.py", "export_tickets.py", "statistics_chart.py"])
def test_examples(name: str, documented: World, tmp_path: Path) -> None:
    with documented.client() as client:
        client.tickets.create(title="=1+1", description="d")
    environment = os.environ | {"MPLCONFIGDIR": str(tmp_path / "matplotlib")}
    if name == "statistics_chart.py":
        # The first import looks for fonts, and says so where that takes long.
        subprocess.run([sys.executable, "-c", "import matplotlib.pyplot"], env=environment, check=True)
    done = subprocess.run(
        [sys.executable, EXAMPLES / name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if name == "export_tickets.py":
        rows = (tmp_path / "tickets.csv").read_text("utf-8-sig").splitlines()
        assert len(rows) > 1
        assert any(",'=1+1," in row for row in rows), "text, not a formula"
    if name == "statistics_chart.py":
        assert (tmp_path / "statistics.png").read_bytes().startswith(b"\x89PNG")


def test_webhook_example(
    documented: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fastapi.testclient import TestClient

    monkeypatch.syspath_prepend(str(EXAMPLES))
    app = importlib.import_module("webhook_receiver").app
    body = b'{"event":"ticket.created","data":{"ticket_id":"t1","priority":"high"}}'
    headers = documented.webhook().sign(body, id="msg_1")
    with TestClient(app) as http:
        assert http.post("/zhifuyun", content=body, headers=headers).status_code == 200
        assert http.post("/zhifuyun", content=b"{}", headers=headers).status_code == 401
    assert "t1" in capsys.readouterr().out
