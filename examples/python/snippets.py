"""The Python snippets of the documentation. Each anchor is shown as it stands; the tests run all of them:
`snippets.py CA_FILE NAME_OF_AN_ERROR...`
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhifuyun import Client

CLIENT_ID = os.environ["ZHIFUYUN_CLIENT_ID"]
SECRET = os.environ["ZHIFUYUN_CLIENT_SECRET"]
BASE_URL = os.environ["ZHIFUYUN_BASE_URL"]


def client() -> None:
    # ANCHOR: client
    from zhifuyun import Client

    client = Client(
        client_id=CLIENT_ID,
        client_secret=SECRET,
        base_url=BASE_URL,  # Default: https://api.zhifuyun.com
        timeout=20,  # Seconds, for a whole call.
    )  # Checks the options. Nothing is sent.

    client.authenticate()  # Optional: verifies the key at start-up.
    # ANCHOR_END: client


def pages(client: Client) -> None:
    # ANCHOR: page
    page = client.conversations.list(status="closed", page=1, limit=50)
    print(page.total, "in all, more:", page.has_next)
    for conversation in page.items:
        print(conversation.id, conversation.channel)
    # ANCHOR_END: page
    assert len(page.items) == 50

    # ANCHOR: iterate
    since = datetime.now(timezone.utc) - timedelta(days=7)
    for conversation in client.conversations.iter(start_time=since):
        print(conversation.id)

    for tickets in client.tickets.iter(priority="high", prefetch=2).pages():
        print(len(tickets.items), "tickets in one piece")
    # ANCHOR_END: iterate

    # ANCHOR: strict
    walk = client.tickets.iter(consistency="strict")
    for ticket in walk:
        print(ticket.id)
    report = walk.report
    print(report.items, "items,", report.requests, "requests, complete:", report.complete)
    # ANCHOR_END: strict
    assert report.complete


def quota() -> None:
    # ANCHOR: quota
    from zhifuyun import Client, RateLimitError

    client = Client.from_env(plan="free", on_limit="raise")  # 100 a minute; default: wait for a free slot
    try:
        print(len(client.tickets.list().items), "tickets")
    except RateLimitError as error:
        print("again in", error.retry_after, "seconds")
    quota = client.quota()
    print(quota.used, "of", quota.limit, "used")
    # ANCHOR_END: quota
    assert (quota.used, quota.limit) == (1, 100)


def errors(client: Client) -> None:
    # ANCHOR: errors
    from zhifuyun import NotFoundError, ZhifuyunError

    try:
        client.tickets.update("no-such-ticket", status="resolved", timeout=5)
    except NotFoundError:
        print("no such ticket")
    except ZhifuyunError as error:
        if error.maybe_applied:
            print("look before you repeat it:", error)
        else:
            print(error.kind, error.reason, error.request_id, error.timing)
            raise
    # ANCHOR_END: errors


def sign() -> None:
    old, new = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
    )
    # ANCHOR: sign
    from zhifuyun.webhooks import Webhook, WebhookVerificationError

    webhook = Webhook(new, old)  # Two secrets while one is being rotated.

    body = b'{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}'
    headers = webhook.sign(body, id="msg_1")  # What the sender does.

    event = webhook.verify(headers, body)  # What the receiver does.
    assert event.type == "ticket.created"

    try:
        webhook.verify(headers, b"{}")
    except WebhookVerificationError as error:
        print(error.webhook_reason)  # signature_mismatch
    # ANCHOR_END: sign


def frameworks() -> None:
    """The receivers for Flask and Django take a good webhook and refuse a changed one."""
    import django.conf
    from django.test import RequestFactory
    from zhifuyun.webhooks import Webhook

    body = b'{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}'
    signed = Webhook(os.environ["ZHIFUYUN_WEBHOOK_SECRET"]).sign(body, id="msg_frameworks")
    django.conf.settings.configure(ALLOWED_HOSTS=["*"])
    import webhook_django
    import webhook_flask

    flask_client = webhook_flask.app.test_client()
    [view] = webhook_django.urlpatterns
    for sent, status in ((body, 200), (b"{}", 401)):
        assert flask_client.post("/zhifuyun", data=sent, headers=signed).status_code == status
        request = RequestFactory().post("/zhifuyun", sent, "application/json", headers=signed)
        assert view.callback(request).status_code == status


async def asynchronous() -> None:
    # ANCHOR: asyncio
    from zhifuyun import AsyncClient

    async with AsyncClient.from_env() as client:
        async for ticket in client.tickets.iter(priority="high"):
            print(ticket.id)
        # Cancelling, also by asyncio.timeout(3), ends the request and closes its connection.
        page = await asyncio.wait_for(client.conversations.list(), 3)
    # ANCHOR_END: asyncio
    assert len(page.items) == 20


def mock() -> None:
    # ANCHOR: mock
    from zhifuyun.testing import MockServer

    with MockServer("--seed", "42", "--conversations", "300", "--tickets", "150") as server:
        server.fault({"status": 502}, when={"nth": 2})  # The token comes first, then the list fails once.
        with server.client() as client:
            page = client.tickets.list()
            assert (len(page.items), page.meta.attempts) == (20, 2)
    # ANCHOR_END: mock


def network(ca_file: str) -> None:
    # ANCHOR: network
    from zhifuyun import Client

    client = Client(
        client_id="id",
        client_secret=SECRET,
        proxy="http://user:password@proxy.example:3128",
        ca_bundle=ca_file,  # A PEM file, trusted besides the system's certificates.
        connect_timeout=3,
    )
    # ANCHOR_END: network
    assert "password" not in repr(client)


def before() -> None:
    # ANCHOR: before
    def call(method: str, path: str, token: str = "", body: object = None) -> Any:
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    key = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }
    token = call("POST", "/oauth/token", body=key)["access_token"]
    page, conversations = 1, []
    while True:
        answer = call("GET", f"/v1/conversations?page={page}&limit=100", token)
        conversations += answer["data"]["items"]
        if page * 100 >= answer["data"]["total"]:
            break
        page += 1
    # ANCHOR_END: before

    # ANCHOR: after
    from zhifuyun import Client

    with Client.from_env() as client:
        all_conversations = list(client.conversations.iter())
    # ANCHOR_END: after
    assert {c["id"] for c in conversations} == {c.id for c in all_conversations}


def main(ca_file: str, *names: str) -> None:
    import zhifuyun

    with zhifuyun.Client.from_env() as shared:
        client()
        pages(shared)
        quota()
        errors(shared)
        sign()
        frameworks()
        asyncio.run(asynchronous())
        mock()
        network(ca_file)
        before()
    # The table of errors names classes that exist.
    assert all(issubclass(getattr(zhifuyun, name), zhifuyun.ZhifuyunError) for name in names)
    print("all snippets ran")


if __name__ == "__main__":
    main(*sys.argv[1:])
