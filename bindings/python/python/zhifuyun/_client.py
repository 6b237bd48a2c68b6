"""The client for code that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base import BaseClient, request_options
from ._resources import Conversations, StatisticsResource, Tickets
from ._types import Seconds, Self

if TYPE_CHECKING:
    from ._native import NativeWalk

__all__ = ["Client"]


class Client(BaseClient):
    """A client of the Zhifuyun API for code that waits. Safe to share among threads, and across `fork`.

    Making one sends nothing. All options are keywords; lengths of time are seconds or timedeltas.

    client_id, client_secret
        The credentials.
    base_url
        Where the API is. Default: "https://api.zhifuyun.com".
    timeout
        For a whole call: its turn, token, attempts and pauses. Default: 90.
    attempt_timeout, connect_timeout
        For one attempt, and for connecting. Defaults: 30 and 5.
    max_retries
        How often a failed request is repeated. Writes are repeated only if they surely were not executed.
        Default: 2.
    max_retry_after
        Fail at once if the server wants a longer pause than this. Default: 300.
    plan
        "free" (100 per minute), "enterprise" (1000), a number per minute, "auto" (learnt from the server's
        refusals) or "off". With a plan the client paces itself and is not refused. Default: "auto".
    on_limit
        "wait" for a slot of the plan, or "raise" RateLimitError. Default: "wait".
    proxy
        A URL, or False to ignore HTTP_PROXY and the like. Default: the environment.
    ca_bundle
        Further trusted certificates: the path of a PEM file, or its text.
    user_agent
        Added to the User-Agent header.
    max_response_bytes
        Larger answers are refused. Default: 16 MiB.
    pool_idle_timeout
        How long an unused connection is kept. Default: 20.
    allow_insecure
        Allow http:// to other machines than this one. Default: False.
    time_zone
        In which naive datetimes are meant, such as "+08:00". Default: they are refused.
    test_clock
        The clock of a mock server (`…/_mock/clock/advance`): waits are skipped and that clock moves instead.
    on_event
        Called with a dict for every request, response, retry, wait and token refresh, after a call, on the thread
        that made it. Where calls overlap, that of one may also bring what happened in another: `operation` tells
        them apart. The logger `zhifuyun` gets the same; set its level before making the client, or set ZHIFUYUN_LOG.

    >>> import zhifuyun
    >>> with zhifuyun.Client.from_env(plan="free", timeout=20) as client:
    ...     client.conversations.list(limit=50).total
    50
    """

    # Made anew each time: a resource that the client kept would make a cycle, and a client that goes out of
    # use would wait for the garbage collector.

    @property
    def conversations(self) -> Conversations:
        """Conversations: list, iterate, read, create."""
        return Conversations(self)

    @property
    def tickets(self) -> Tickets:
        """Tickets: list, iterate, create, update."""
        return Tickets(self)

    @property
    def statistics(self) -> StatisticsResource:
        """Numbers over a period."""
        return StatisticsResource(self)

    def authenticate(self, *, timeout: Seconds | None = None, max_retries: int | None = None) -> None:
        """Asks for a token now, to find out whether the credentials are good. Not needed otherwise.

        Raises AuthenticationError if they are not.

        >>> client.authenticate()
        """
        self._call("authenticate", {}, request_options(timeout, max_retries))

    def _call(self, operation: str, args: dict[str, Any], options: dict[str, Any] | None) -> Any:
        try:
            return self._native.call(operation, args, options)
        finally:
            self._tell()

    def _next(self, walk: NativeWalk) -> bool:
        try:
            return walk.next()
        finally:
            self._tell()

    def close(self) -> None:
        """Closes idle connections. Further calls raise ClosedError; calls under way end as they would."""
        self._native.close()
        self._tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
