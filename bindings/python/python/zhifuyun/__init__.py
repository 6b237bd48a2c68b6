"""The Zhifuyun SDK for Python: conversations, tickets, statistics and webhooks.

    from zhifuyun import Client

    with Client.from_env(plan="free") as client:      # ZHIFUYUN_CLIENT_ID and ZHIFUYUN_CLIENT_SECRET
        page = client.conversations.list(status="active", limit=50)     # one request
        for conversation in client.conversations.iter(status="closed"):     # all pages
            print(conversation.id, conversation.created_at)
        ticket = client.tickets.create(title="产品咨询", description="价格", priority="medium")
        client.tickets.update(ticket.id, status="resolved", comment="问题已解决")

`AsyncClient` is the same for asyncio. Results are frozen and typed; what the server sends beyond the known
fields is in `extra`, how the call went in `meta`. Exceptions are in `zhifuyun.errors`, webhooks in
`zhifuyun.webhooks`, adapters for frameworks in `zhifuyun.ext`, help for your tests in `zhifuyun.testing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import errors
from ._client import Client
from ._iterate import AsyncItems, AsyncPages, Items, Pages
from ._native import Conversation, Page, Statistics, Ticket, Trend, __version__
from ._results import Meta, Quota, Report, Timing
from .errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ClosedError,
    ConfigError,
    ConnectionError,
    DecodeError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TimeoutError,
    WebhookVerificationError,
    ZhifuyunError,
)

if TYPE_CHECKING:
    from ._async_client import AsyncClient

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncItems",
    "AsyncPages",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ClosedError",
    "ConfigError",
    "ConnectionError",
    "Conversation",
    "DecodeError",
    "InternalError",
    "InvalidArgumentError",
    "Items",
    "Meta",
    "NotFoundError",
    "Page",
    "Pages",
    "PermissionDeniedError",
    "Quota",
    "RateLimitError",
    "Report",
    "ServerError",
    "Statistics",
    "Ticket",
    "TimeoutError",
    "Timing",
    "Trend",
    "WebhookVerificationError",
    "ZhifuyunError",
    "__version__",
    "errors",
]

Sequence.register(Page)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def __getattr__(name: str) -> Any:
    # Importing asyncio takes longer than all the rest; who does not use it does not pay for it.
    if name == "AsyncClient":
        from ._async_client import AsyncClient

        globals()[name] = AsyncClient
        return AsyncClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
