"""One contender of the bench: `bench.py CONTENDER URL`. Reads jobs, a line of JSON each, and answers each with
{"load", "wall", "cpu", "ops", "check"} in seconds; "load" is what importing and making the contender took.

Peers are written as their documentation recommends: one session kept, connections reused. "+pydantic" makes
typed objects of the answers; without it they are what `json` gives.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SMALL = "/v1/conversations/conv_1"
LIST = "/v1/conversations"
QUERY = {"page": "1", "limit": "100"}
HEADERS = {"authorization": "Bearer bench"}
# Of httpx, which by default keeps 20 connections of the 64.
KEPT = {"max_connections": 64, "max_keepalive_connections": 64}
Job = dict[str, Any]


def read_dict(c: dict[str, Any]) -> int:
    _ = (c["created_at"], c["updated_at"])
    return len(c["id"]) + len(c["user_id"]) + len(c["channel"]) + len(c["status"])


def read_object(c: Any) -> int:
    _ = (c.created_at, c.updated_at)
    return len(c.id) + len(c.user_id) + len(c.channel) + len(c.status)


class Waiting:
    """Peers that wait: they know how to get the bytes of a path."""

    def __init__(self, url: str, typed: bool) -> None:
        self.url, self.held, self.lanes = url, [], []  # type: str, list[Any], list[Any]
        if typed:
            import models

            self.one = lambda body: read_object(models.One.model_validate_json(body).data)
            self.page = models.Listed.model_validate_json
            self.read = lambda page: page.data.total + sum(map(read_object, page.data.items))
        else:
            self.one = lambda body: read_dict(json.loads(body)["data"])
            self.page = json.loads
            self.read = lambda page: page["data"]["total"] + sum(map(read_dict, page["data"]["items"]))
        self.open()

    def open(self) -> None:
        """Makes the session."""

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        raise NotImplementedError

    def small(self, count: int) -> int:
        return sum(self.one(self.get(SMALL)) for _ in range(count))

    def pages(self, count: int) -> int:
        return sum(self.read(self.page(self.get(LIST, QUERY))) for _ in range(count))

    def on_own(self) -> Waiting:
        """For threads: most sessions are not made to be shared."""
        return self.like()

    def threads(self, count: int, work: str) -> int:
        """64 threads, each with its session: made in the warm-up, and kept."""
        from concurrent.futures import ThreadPoolExecutor

        if not self.lanes:
            self.lanes = [(ThreadPoolExecutor(1), self.on_own()) for _ in range(64)]
        shares = [count // 64 + (n < count % 64) for n in range(64)]
        parts = [pool.submit(getattr(session, work), share) for (pool, session), share in zip(self.lanes, shares)]
        return sum(part.result() for part in parts)

    def like(self) -> Waiting:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.open()
        return twin

    def walk(self) -> int:
        done, page, seen = 0, 1, 0
        while True:
            answer = json.loads(self.get(LIST, {"page": str(page), "limit": "100"}))["data"]
            done += sum(map(read_dict, answer["items"]))
            seen += len(answer["items"])
            if not answer["items"] or seen >= answer["total"]:
                return done
            page += 1

    def run(self, job: Job) -> int:
        count = job["count"]
        match job["workload"]:
            case "small":
                return self.small(count)
            case "page":
                return self.pages(count)
            case "small-64":
                return self.threads(count, "small")
            case "page-64":
                return self.threads(count, "pages")
            case "walk" | "walk-prefetch":
                return sum(self.walk() for _ in range(count))
            case "hold":
                self.held += [self.page(self.get(LIST, QUERY)) for _ in range(count)]
                return sum(map(self.read, self.held))
            case "clients":
                for _ in range(count):
                    self.like()
                return 0
        raise ValueError(job["workload"])


class Requests(Waiting):
    def open(self) -> None:
        import requests

        self.session = requests.Session()
        self.session.headers.update(HEADERS)

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        answer = self.session.get(self.url + path, params=query)
        answer.raise_for_status()
        return answer.content


class Httpx(Waiting):
    def open(self) -> None:
        import httpx

        self.client = httpx.Client(headers=HEADERS, limits=httpx.Limits(**KEPT))

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        return self.client.get(self.url + path, params=query).raise_for_status().content

    def on_own(self) -> Waiting:
        return self  # its client may be shared


class Pycurl(Waiting):
    def open(self) -> None:
        import pycurl

        self.status = pycurl.RESPONSE_CODE
        self.curl, self.to = pycurl.Curl(), pycurl.URL
        self.curl.setopt(pycurl.HTTPHEADER, ["authorization: Bearer bench"])

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        from urllib.parse import urlencode

        self.curl.setopt(self.to, self.url + path + ("?" + urlencode(query) if query else ""))
        body = self.curl.perform_rb()
        if self.curl.getinfo(self.status) != 200:
            raise RuntimeError("not 200")
        return body


class Primp(Waiting):
    def open(self) -> None:
        import primp

        self.client = primp.Client(headers=HEADERS)

    def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        answer = self.client.get(self.url + path, params=query)
        if answer.status_code != 200:
            raise RuntimeError("not 200")
        return answer.content


class Httpr(Primp):
    def open(self) -> None:
        import httpr

        self.client = httpr.Client(headers=HEADERS)


def ours(url: str) -> dict[str, Any]:
    return {"client_id": "bench", "client_secret": "bench", "base_url": url, "plan": "off"}


class Ours(Waiting):
    def __init__(self, url: str, typed: bool) -> None:
        import zhifuyun

        self.url, self.make, self.held, self.lanes = url, zhifuyun.Client, [], []
        self.client = self.make(**ours(url))
        self.read = lambda page: page.total + sum(map(read_object, page.items))

    def small(self, count: int) -> int:
        return sum(read_object(self.client.conversations.get("conv_1")) for _ in range(count))

    def one_page(self) -> Any:
        return self.client.conversations.list(page=1, limit=100)

    def pages(self, count: int) -> int:
        return sum(self.read(self.one_page()) for _ in range(count))

    def on_own(self) -> Waiting:
        return self

    def like(self) -> Waiting:
        return self.make(**ours(self.url))  # type: ignore[return-value]

    def run(self, job: Job) -> int:
        count, workload = job["count"], job["workload"]
        if workload in ("walk", "walk-prefetch"):
            ahead = 4 if workload == "walk-prefetch" else 0
            return sum(
                sum(map(read_object, self.client.conversations.iter(prefetch=ahead))) for _ in range(count)
            )
        if workload == "hold":
            self.held += [self.one_page() for _ in range(count)]
            return sum(map(self.read, self.held))
        return super().run(job)


class Asynchronous:
    """Peers for asyncio."""

    def __init__(self, url: str, typed: bool) -> None:
        self.url = url
        self.read = Waiting(url, typed)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.open())

    async def open(self) -> None:
        import aiohttp

        self.session = aiohttp.ClientSession(headers=HEADERS)

    async def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        async with self.session.get(self.url + path, params=query) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def small(self, count: int) -> int:
        return sum([self.read.one(await self.get(SMALL)) for _ in range(count)])

    async def pages(self, count: int) -> int:
        return sum([self.read.read(self.read.page(await self.get(LIST, QUERY))) for _ in range(count)])

    async def many(self, work: Callable[[int], Awaitable[int]], count: int) -> int:
        return sum(await asyncio.gather(*[work(count // 64 + (n < count % 64)) for n in range(64)]))

    def run(self, job: Job) -> int:
        workload, count = job["workload"], job["count"]
        work = self.small if workload.startswith("small") else self.pages
        task = self.many(work, count) if workload.endswith("-64") else work(count)
        return self.loop.run_until_complete(task)


class HttpxAsync(Asynchronous):
    async def open(self) -> None:
        import httpx

        self.client = httpx.AsyncClient(headers=HEADERS, limits=httpx.Limits(**KEPT))

    async def get(self, path: str, query: dict[str, str] | None = None) -> bytes:
        return (await self.client.get(self.url + path, params=query)).raise_for_status().content


class OursAsync(Asynchronous):
    async def open(self) -> None:
        import zhifuyun

        self.client = zhifuyun.AsyncClient(**ours(self.url))

    async def small(self, count: int) -> int:
        return sum([read_object(await self.client.conversations.get("conv_1")) for _ in range(count)])

    async def pages(self, count: int) -> int:
        total = 0
        for _ in range(count):
            page = await self.client.conversations.list(page=1, limit=100)
            total += page.total + sum(map(read_object, page.items))
        return total


class Webhook:
    """Verify and parse."""

    def __init__(self, name: str, typed: bool) -> None:
        self.name = type(self).__name__

    def run(self, job: Job) -> int:
        body, headers, secret = job["body"].encode(), dict(job["headers"]), job["secret"]
        verify = self.verifier(secret)
        return sum(verify(headers, body) for _ in range(job["count"]))

    def verifier(self, secret: str) -> Callable[[dict[str, str], bytes], int]:
        import zhifuyun.webhooks

        webhook = zhifuyun.webhooks.Webhook(secret)

        def verify(headers: dict[str, str], body: bytes) -> int:
            event = webhook.verify(headers, body)
            return len(event.type) + len(event.data.title)

        return verify


class StandardWebhooks(Webhook):
    def verifier(self, secret: str) -> Callable[[dict[str, str], bytes], int]:
        import standardwebhooks

        webhook = standardwebhooks.Webhook(secret)

        def verify(headers: dict[str, str], body: bytes) -> int:
            event = webhook.verify(body, headers)
            return len(event["event"]) + len(event["data"]["title"])

        return verify


class Stripe(Webhook):
    def verifier(self, secret: str) -> Callable[[dict[str, str], bytes], int]:
        import stripe

        def verify(headers: dict[str, str], body: bytes) -> int:
            stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], secret, 300)
            event = json.loads(body)
            return len(event["event"]) + len(event["data"]["title"])

        return verify


class ByHand(Webhook):
    """hmac and json: nothing checked but age and signature."""

    def verifier(self, secret: str) -> Callable[[dict[str, str], bytes], int]:
        import base64
        import hashlib
        import hmac

        key = base64.b64decode(secret.removeprefix("whsec_"))

        def verify(headers: dict[str, str], body: bytes) -> int:
            sent = headers["webhook-timestamp"]
            if abs(time.time() - int(sent)) > 300:
                raise ValueError("too old")
            signed = f"{headers['webhook-id']}.{sent}.".encode() + body
            tag = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
            if not any(hmac.compare_digest(tag, s.encode()) for s in headers["webhook-signature"].split(" ")):
                raise ValueError("wrong signature")
            event = json.loads(body)
            return len(event["event"]) + len(event["data"]["title"])

        return verify


CONTENDERS: dict[str, Any] = {
    "ours": Ours, "requests": Requests, "httpx": Httpx, "pycurl": Pycurl, "primp": Primp, "httpr": Httpr,
    "ours-async": OursAsync, "aiohttp": Asynchronous, "httpx-async": HttpxAsync,
    "ours-webhook": Webhook, "standardwebhooks": StandardWebhooks, "stripe": Stripe, "hmac": ByHand,
}  # fmt: skip


def resident_kib() -> int:
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmRSS"))


def main() -> None:
    name, url = sys.argv[1:3]
    base, _, typed = name.partition("+")
    load = time.perf_counter()
    contender = CONTENDERS[base](url, bool(typed))
    load = time.perf_counter() - load
    for line in sys.stdin:
        job = json.loads(line)
        gc.collect()
        before = resident_kib()
        wall, cpu = time.perf_counter(), time.process_time()
        check = contender.run(job)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        gc.collect()
        grown = resident_kib() - before
        report = {
            "load": load, "wall": wall, "cpu": cpu, "ops": job["count"], "check": check, "grown_kib": grown
        }
        print(json.dumps(report), flush=True)


main()
