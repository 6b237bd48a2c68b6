"""Odd hosts: interpreters, small stacks, no comforts, mocked time. And every row of the table of hosts has a test."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

import pytest
from conftest import Script
from zhifuyun import Client
from zhifuyun.testing import World
from zhifuyun.webhooks import WebhookVerificationError


def test_every_row_has_a_test() -> None:
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    rows = {row for marks in re.findall(r"mark\.rows\((.*?)\)", text) for row in re.findall(r"H\d+", marks)}
    assert rows == {f"H{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15)}


@pytest.mark.rows("H8")
def test_a_second_interpreter_is_refused(script: Script) -> None:
    """Clearly, when it imports; the first one goes on."""
    script.prints(
        """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        path = [p for p in sys.path if p]
        try:
            failed = interpreters.run_string(interpreters.create(), f"import sys; sys.path += {path}; import zhifuyun")
            text = str(failed)
        except Exception as e:
            text = str(e)
        print("ImportError" in text, "interpreter" in text, Client(**OPTIONS).tickets.list().total)
        """,
        "True True 20",
    )


@pytest.mark.rows("H14")
def test_hosts_without_comforts(script: Script, tmp_path: Path) -> None:
    """No HOME, the C locale, an odd working directory, a small stack, and not a byte can be written to any file."""
    odd = tmp_path / "目录"
    odd.mkdir()
    script.prints(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        threading.stack_size(256 * 1024)
        client, seen = Client(**OPTIONS), []
        thread = threading.Thread(target=lambda: seen.append(client.tickets.list().total))
        thread.start()
        thread.join()
        print(seen, ascii(client.tickets.create(title="网络", description="d").title))
        """,
        "[20] '\\u7f51\\u7edc'",
        cwd=odd,
        env={"LC_ALL": "C", "PATH": "/nowhere", "TMPDIR": "/nowhere"},
    )


@pytest.mark.rows("H14")
def test_a_name_that_nobody_knows(script: Script) -> None:
    script.prints(
        """
        client = Client(**OPTIONS | {"base_url": "https://zhifuyun.invalid", "proxy": False}, timeout=30, max_retries=0)
        try:
            client.tickets.list()
        except (zhifuyun.ConnectionError, zhifuyun.TimeoutError) as e:
            print(e.attempts)
        """,
        "0",
    )


@pytest.mark.rows("H15")
def test_mocked_time(client: Client, world: World) -> None:
    """As freezegun does it: webhooks follow it, calls follow the real clocks and go on working."""
    then, body = datetime(2020, 1, 1, tzinfo=timezone.utc), b'{"event":"ticket.created"}'
    webhook = world.webhook()
    now = webhook.sign(body, id="m")
    with mock.patch("time.time", return_value=then.timestamp()), mock.patch("time.monotonic", return_value=1.0):
        assert client.tickets.list().meta.timing.total > 0
        assert webhook.verify(webhook.sign(body, id="m"), body).sent_at == then
        with pytest.raises(WebhookVerificationError) as caught:
            webhook.verify(now, body)
        assert caught.value.webhook_reason == "timestamp_too_new"
    assert webhook.verify(now, body).known


@pytest.mark.rows("H15")
def test_a_clock_of_a_test(world: World) -> None:
    """Waits take no time, and the server's clock goes along."""
    world.fault({"status": 429, "retry_after": "120"}, match={"path": "/v1/tickets"}, when={"first": 1})
    with world.client(test_clock=f"{world.control_url}/clock/advance", timeout=600, max_retry_after=300) as client:
        assert client.tickets.list().meta.waited >= 120
