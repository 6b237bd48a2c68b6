"""Webhooks in Flask.

app.register_blueprint(webhook_blueprint(hooks, "/zhifuyun"))
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from ..webhooks import Webhooks
from ._body import too_large

__all__ = ["webhook_blueprint"]


def webhook_blueprint(hooks: Webhooks, path: str = "/zhifuyun", name: str = "zhifuyun") -> Blueprint:
    """A blueprint that receives webhooks by POST: 200 when the event was handled, 4xx when it was refused."""
    blueprint = Blueprint(name, __name__)

    def zhifuyun_webhook() -> Response:
        if too_large(request.headers.get("content-length"), hooks.max_body_bytes):
            return Response(status=413)
        # One byte more than allowed is enough to know, also without a Content-Length.
        body = request.stream.read(hooks.max_body_bytes + 1)
        return Response(status=hooks.handle(request.headers, body))

    blueprint.add_url_rule(path, view_func=zhifuyun_webhook, methods=["POST"])
    return blueprint
