"""Types that appear in signatures. The modules import them at run time too, for `typing.get_type_hints`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Self as Self  # noqa: PLC0414
    from typing_extensions import Unpack as Unpack  # noqa: PLC0414
elif sys.version_info >= (3, 11):
    from typing import Self, Unpack
else:
    # So that `typing.get_type_hints` finds something.
    Self, Unpack = Any, dict

Seconds: TypeAlias = float | timedelta
"""A length of time: seconds, or a timedelta."""
Moment: TypeAlias = datetime | str
"""An aware datetime, or RFC 3339 text."""
Day: TypeAlias = date | str
"""A date, or "YYYY-MM-DD"."""

# `str` keeps the sets open: values that this version does not know are passed on.
ConversationStatus: TypeAlias = Literal["active", "closed"] | str
Channel: TypeAlias = Literal["web"] | str
TicketStatus: TypeAlias = Literal["open", "pending", "resolved", "closed"] | str
Priority: TypeAlias = Literal["low", "medium", "high", "urgent"] | str
StatisticsType: TypeAlias = Literal["conversation", "ticket", "satisfaction"] | str
GroupBy: TypeAlias = Literal["day", "week", "month"] | str
Consistency: TypeAlias = Literal["fast"] | Literal["strict"]
Plan: TypeAlias = Literal["free", "enterprise", "auto", "off"] | int | str
OnLimit: TypeAlias = Literal["wait"] | Literal["raise"]
Event: TypeAlias = Mapping[str, Any]
Hook: TypeAlias = Callable[[Event], object]


class ClientOptions(TypedDict, total=False):
    """The options of a client; see `zhifuyun.Client`."""

    client_id: str | None
    client_secret: str | None
    base_url: str | None
    timeout: Seconds | None
    attempt_timeout: Seconds | None
    connect_timeout: Seconds | None
    max_retries: int | None
    max_retry_after: Seconds | None
    plan: Plan | None
    on_limit: OnLimit | None
    proxy: str | Literal[False] | None
    ca_bundle: str | PathLike[str] | None
    user_agent: str | None
    max_response_bytes: int | None
    pool_idle_timeout: Seconds | None
    allow_insecure: bool | None
    time_zone: str | None
    test_clock: str | None
    on_event: Hook | None
