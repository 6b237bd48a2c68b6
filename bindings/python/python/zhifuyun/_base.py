"""What both clients share: options, quota, what is seen of a client."""

from __future__ import annotations

import os
import sys
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from ._native import NativeClient
from ._results import Quota
from ._types import ClientOptions, Hook, OnLimit, Plan, Seconds, Self, Unpack

if TYPE_CHECKING:
    from ._events import Events

_HOST = f"python/{sys.version_info.major}.{sys.version_info.minor}"
_ENVIRONMENT = {
    "client_id": "ZHIFUYUN_CLIENT_ID",
    "client_secret": "ZHIFUYUN_CLIENT_SECRET",
    "base_url": "ZHIFUYUN_BASE_URL",
    "plan": "ZHIFUYUN_PLAN",
}


def events_for(hook: Hook | None) -> Events | None:
    """Nobody listens: nothing is collected, and `logging` is not even imported."""
    if hook is None and "ZHIFUYUN_LOG" not in os.environ and "logging" not in sys.modules:
        return None
    from . import _events

    _events.set_up_from_environment()
    events = _events.Events(hook)
    return events if events.wanted else None


def is_asynchronous(function: object) -> bool:
    """Whether calling it only makes a coroutine, which somebody has to await."""
    import inspect

    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


class BaseClient:
    """What `Client` and `AsyncClient` have in common."""

    def __init__(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        base_url: str | None = None,
        timeout: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        connect_timeout: Seconds | None = None,
        max_retries: int | None = None,
        max_retry_after: Seconds | None = None,
        plan: Plan | None = None,
        on_limit: OnLimit | None = None,
        proxy: str | Literal[False] | None = None,
        ca_bundle: str | PathLike[str] | None = None,
        user_agent: str | None = None,
        max_response_bytes: int | None = None,
        pool_idle_timeout: Seconds | None = None,
        allow_insecure: bool | None = None,
        time_zone: str | None = None,
        test_clock: str | None = None,
        on_event: Hook | None = None,
    ) -> None:
        if on_event is not None and (not callable(on_event) or is_asynchronous(on_event)):
            what = "a coroutine function" if callable(on_event) else type(on_event).__name__
            raise TypeError(f"on_event must be a plain function, not {what}")
        self._events = events_for(on_event)
        self._native = NativeClient(
            {
                "client_id": client_id,
                "client_secret": client_secret,
                "base_url": base_url,
                "timeout": timeout,
                "attempt_timeout": attempt_timeout,
                "connect_timeout": connect_timeout,
                "max_retries": max_retries,
                "max_retry_after": max_retry_after,
                "plan": plan,
                "on_limit": on_limit,
                "proxy": proxy,
                "ca_bundle": None if ca_bundle is None else os.fspath(ca_bundle),
                "user_agent": user_agent,
                "max_response_bytes": max_response_bytes,
                "pool_idle_timeout": pool_idle_timeout,
                "allow_insecure": allow_insecure,
                "time_zone": time_zone,
                "test_clock": test_clock,
                "events": self._events is not None,
                "host": _HOST,
            }
        )
        self._shown = {"client_id": client_id, "base_url": base_url, "plan": plan}

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """A client configured by the environment; what is given here counts more.

        Reads ZHIFUYUN_CLIENT_ID, ZHIFUYUN_CLIENT_SECRET and, where set, ZHIFUYUN_BASE_URL and ZHIFUYUN_PLAN.
        An empty variable counts as not set. Raises ConfigError that names the variable if one is missing.
        """
        given: dict[str, Any] = {name: os.environ.get(variable) or None for name, variable in _ENVIRONMENT.items()}
        given |= {name: value for name, value in options.items() if value is not None}
        return cls(**given)

    def quota(self) -> Quota:
        """A live view of the quota. Sends nothing.

        >>> client.quota().used
        0
        """
        import json

        return Quota(**json.loads(self._native.quota()))

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._native.closed

    def _tell(self) -> None:
        if self._events is not None:
            self._events.drain(self._native)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._shown.items() if value is not None)
        return f"<{type(self).__name__}{' closed' if self.closed else ''} {shown}>"


def request_options(timeout: Seconds | None, max_retries: int | None) -> dict[str, Any] | None:
    """Overrides of one call, if there are any."""
    if timeout is None and max_retries is None:
        return None
    return {"timeout": timeout, "max_retries": max_retries}
