# Django has no type hints of its own.
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportAssignmentType=false
"""Webhooks in Django.

urlpatterns = [path("zhifuyun", webhook_view(hooks))]
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from ..webhooks import Webhooks
from ._body import too_large

__all__ = ["webhook_view"]


def webhook_view(hooks: Webhooks) -> Callable[[HttpRequest], HttpResponse]:
    """A view that receives webhooks by POST: 200 when the event was handled, 4xx when it was refused.

    It is exempt from the check for CSRF tokens, which protects browsers; the signature protects webhooks. Handlers must
    be plain functions.
    """
    hooks._run_without_loop("Django")

    def zhifuyun_webhook(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if too_large(request.headers.get("content-length"), hooks.max_body_bytes):
            return HttpResponse(status=413)
        body = request.read(hooks.max_body_bytes + 1)
        return HttpResponse(status=hooks.handle(request.headers, body))

    view: Callable[[HttpRequest], HttpResponse] = csrf_exempt(zhifuyun_webhook)
    return view
