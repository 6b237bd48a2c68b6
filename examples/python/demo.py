"""What `make demo` runs: the main job against a mock server that is made to fail. Lines that begin with `@` are
for `.ci/demo.py`, which answers each with a line."""

import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from zhifuyun import Client
from zhifuyun.webhooks import Webhook

received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        received.put((dict(self.headers), body))

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the demo prints its own lines."""


def say(line: str) -> None:
    print(line, flush=True)


def ask(line: str) -> None:
    say(line)
    input()


with Client.from_env() as client:
    client.authenticate()
    say("token obtained")

    conversation = client.conversations.create(
        user_id="user_123", channel="web", initial_message="你好，今天有人值班吗"
    )
    say(f"conversation {conversation.id} created")

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ask(f"@webhook http://127.0.0.1:{server.server_port}/")

    conversations = client.conversations.iter()
    items, found = 0, False
    for item in conversations:
        items += 1
        found = found or item.id == conversation.id
        if items % 2_500 == 0:
            say(f"{items} conversations")
        if items == 5_000:
            ask("@expire")
    say(f"{items} conversations in {conversations.report.requests} requests, the new one among them: {found}")

    ticket = client.tickets.create(title="产品咨询", description="想知道团队版怎么收费", priority="medium")
    ticket = client.tickets.update(ticket.id, status="resolved", comment="已电话答复")
    say(f"ticket {ticket.id} is {ticket.status}")

    for month in client.statistics.get(type="ticket", group_by="month").trends:
        say(f"{month.date}: {month.tickets} tickets")

    headers, body = received.get(timeout=10)
    event = Webhook(os.environ["ZHIFUYUN_WEBHOOK_SECRET"]).verify(headers, body)
    verified = event.data.ticket_id == ticket.id
    say(f"webhook {event.type} verified: {verified}")
    say("@done " + json.dumps({"items": items, "verified": verified and found}))
