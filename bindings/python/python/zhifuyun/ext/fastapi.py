"""Webhooks in FastAPI.

app.include_router(webhook_router(hooks, path="/zhifuyun"))
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..webhooks import Webhooks
from .starlette import receive

__all__ = ["webhook_router"]


def webhook_router(hooks: Webhooks, path: str = "/zhifuyun") -> APIRouter:
    """A router that receives webhooks by POST: 200 when the event was handled, 4xx when it was refused."""
    router = APIRouter()

    async def zhifuyun_webhook(request: Request) -> Response:
        return await receive(hooks, request)

    # Added by hand, because FastAPI would read the annotations of a local function as a body.
    router.add_route(path, zhifuyun_webhook, methods=["POST"], include_in_schema=False)
    return router
