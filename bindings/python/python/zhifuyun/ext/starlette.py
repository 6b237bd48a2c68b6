"""Webhooks in Starlette.

app = Starlette(routes=[webhook_route(hooks, "/zhifuyun")])
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..webhooks import Webhooks
from ._body import read, too_large

__all__ = ["receive", "webhook_route"]


async def receive(hooks: Webhooks, request: Request) -> Response:
    """Answers one request: 200 when the event was handled, 4xx when it was refused.

    What a handler raises goes on to the framework, which answers 500, and the sender tries again.
    """
    if too_large(request.headers.get("content-length"), hooks.max_body_bytes):
        return Response(status_code=413)
    body = await read(request.stream(), hooks.max_body_bytes)
    if body is None:
        return Response(status_code=413)
    return Response(status_code=await hooks.ahandle(request.headers.raw, body))


def webhook_route(hooks: Webhooks, path: str = "/zhifuyun") -> Route:
    """A route that receives webhooks by POST."""

    async def zhifuyun_webhook(request: Request) -> Response:
        return await receive(hooks, request)

    return Route(path, zhifuyun_webhook, methods=["POST"])
