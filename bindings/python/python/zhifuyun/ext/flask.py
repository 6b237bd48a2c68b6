"""Webhooks in Flask.

app.register_blueprint(webhook_blueprint(hooks, "/zhifuyun"))
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from ..webhooks import Webhooks
from ._body import too_large

__all__ = ["webhook_blueprint"]


def webhook_blueprint(hooks: Webhooks, path: str = "/zhifuyun", name: str = "zhifuyun") -> Blueprint:
    """A blueprint that receives webhooks by POST: 200 when the event was handled, 4xx when it was refused.

    Handlers must be plain functions.
    """
    hooks._run_without_loop("Flask")
    blueprint = Blueprint(name, __name__)

    def zhifuyun_webhook() -> Response:
        if too_large(request.headers.get("content-length"), hooks.max_body_bytes):
            return Response(status=413)
        if request.content_length is None:
            # One byte more than allowed is enough to know.
            body = request.stream.read(hooks.max_body_bytes + 1) or request.get_data()
        else:
            # Shared with whoever reads it before or after, such as a `before_request`.
            body = request.get_data()
        return Response(status=hooks.handle(request.headers, body))

    blueprint.add_url_rule(path, view_func=zhifuyun_webhook, methods=["POST"])
    return blueprint
