"""Everything that can go wrong.

    ZhifuyunError
    ├── ConfigError               the client was set up wrongly; nothing was sent
    ├── InvalidArgumentError      an argument was refused before anything was sent   (also a ValueError)
    ├── ConnectionError           the server could not be reached, or the connection broke
    │                                                                      (also a builtin ConnectionError)
    ├── TimeoutError              a deadline passed                           (also a builtin TimeoutError)
    ├── ApiError                  the server refused
    │   ├── BadRequestError          400
    │   ├── AuthenticationError      401, or wrong credentials
    │   ├── PermissionDeniedError    403
    │   ├── NotFoundError            404
    │   ├── RateLimitError           429, or the plan has no room and on_limit is "raise"
    │   └── ServerError              5xx
    ├── DecodeError               the answer arrived but makes no sense
    ├── WebhookVerificationError  a webhook was refused; see `webhook_reason`
    ├── ClosedError               the client was closed
    └── InternalError             a defect of this package was caught; please report it

No exception ever shows a secret, a token, or a URL with its query.
"""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

from ._native import webhook_status
from ._results import Timing

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BadRequestError",
    "ClosedError",
    "ConfigError",
    "ConnectionError",
    "DecodeError",
    "FieldError",
    "InternalError",
    "InvalidArgumentError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "TimeoutError",
    "WebhookVerificationError",
    "ZhifuyunError",
]


_TRANSIENT = frozenset({"connection", "timeout", "rate_limit", "server"})


class FieldError(NamedTuple):
    """One field that the server complained about."""

    field: str
    """Its name."""
    message: str
    """What is wrong with it."""


class ZhifuyunError(Exception):
    """The root of all exceptions of this package.

    `str()` is one line: what happened, why, what to do.

    kind
        The branch of the tree as a stable name, the same in all languages, such as "rate_limit".
    reason
        What precisely happened, as a stable name, such as "connect_timeout" or "quota_exhausted".
    message
        The sentence, without the notes that `str()` puts around it.
    operation
        The operation, such as "tickets.create".
    argument
        The argument that was refused.
    code
        The code in the answer's envelope, as it was sent.
    http_status
        The HTTP status of the answer.
    request_id
        The server's id of the request, for support.
    retry_after
        How many seconds the server, or the local plan, wants the caller to wait.
    attempts
        How many requests of this operation left the client; 0 if none did.
    maybe_applied
        True when a write may have happened although the call failed. Look before you repeat it.
    fields
        The fields that the server complained about, if it named any.
    timing
        Where the time went.
    causes
        What lies beneath, outermost first.
    webhook_reason
        Why a webhook was refused; None for other errors.
    is_transient
        Whether the same call has a fair chance later. A write may have happened all the same: see `maybe_applied`.
    """

    kind: str = "internal"
    reason: str
    message: str
    operation: str | None
    argument: str | None
    code: int | None
    http_status: int | None
    request_id: str | None
    retry_after: float | None
    attempts: int
    maybe_applied: bool
    fields: tuple[FieldError, ...]
    timing: Timing
    causes: tuple[str, ...]
    webhook_reason: str | None

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        get = details.get
        self._data = details | {"detail": get("detail", message)}
        self._text = message
        self.reason = get("reason") or self.kind
        self.message = get("detail") or message
        self.operation = get("operation")
        self.argument = get("argument")
        self.code = get("code")
        self.http_status = get("http_status")
        self.request_id = get("request_id")
        self.retry_after = get("retry_after")
        self.attempts = get("attempts") or 0
        self.maybe_applied = bool(get("maybe_applied"))
        self.fields = tuple(FieldError(**f) for f in get("fields") or ())
        self.timing = Timing(**(get("timing") or dict.fromkeys(Timing._fields, 0.0)))
        self.causes = tuple(get("causes") or ())
        self.webhook_reason = get("webhook_reason")

    @property
    def is_transient(self) -> bool:
        """Whether the same call has a fair chance later: connection, timeout, rate limit or server trouble."""
        return self.kind in _TRANSIENT and self.reason != "tls"

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._text, self._data)


class ConfigError(ZhifuyunError):
    """The client was set up wrongly; no request was made."""

    kind = "config"


class InvalidArgumentError(ZhifuyunError, ValueError):
    """An argument of a call was refused before anything was sent; `argument` names it."""

    kind = "invalid_argument"


class ConnectionError(ZhifuyunError, builtins.ConnectionError):
    """The server could not be reached, or the connection broke."""

    kind = "connection"


class TimeoutError(ZhifuyunError, builtins.TimeoutError):
    """A deadline passed: connect, attempt or total."""

    kind = "timeout"


class ApiError(ZhifuyunError):
    """The server refused."""

    kind = "api"


class BadRequestError(ApiError):
    """400: the server did not accept the parameters; `fields` may name them."""

    kind = "bad_request"


class AuthenticationError(ApiError):
    """401, or the token endpoint refused the credentials."""

    kind = "authentication"


class PermissionDeniedError(ApiError):
    """403: the key may not do this."""

    kind = "permission_denied"


class NotFoundError(ApiError):
    """404: there is no such resource."""

    kind = "not_found"


class RateLimitError(ApiError):
    """429, or the plan has no room and `on_limit` is "raise"; see `retry_after`."""

    kind = "rate_limit"


class ServerError(ApiError):
    """5xx: the server has a problem."""

    kind = "server"


class DecodeError(ZhifuyunError):
    """The answer arrived but makes no sense."""

    kind = "decode"


class WebhookVerificationError(ZhifuyunError):
    """A webhook was refused; `webhook_reason` says why."""

    kind = "webhook_verification"

    @property
    def answer_status(self) -> int:
        """The HTTP status that an endpoint should answer with, such as 401 for a wrong signature."""
        return webhook_status(self.webhook_reason or "") or 400


class ClosedError(ZhifuyunError):
    """The client was closed."""

    kind = "closed"


class InternalError(ZhifuyunError):
    """A defect of this package was caught; the client is still usable. Please report it."""

    kind = "internal"


def _tree(root: type[ZhifuyunError]) -> dict[str, type[ZhifuyunError]]:
    found = {root.kind: root}
    for branch in root.__subclasses__():
        found |= _tree(branch)
    return found


_KINDS = _tree(ZhifuyunError)


def _from_json(text: str) -> ZhifuyunError:
    import json

    data: dict[str, Any] = json.loads(text)
    return _KINDS.get(data.pop("kind"), ZhifuyunError)(data.pop("message"), **data)


def _restore(cls: type[ZhifuyunError], text: str, data: dict[str, Any]) -> ZhifuyunError:
    return cls(text, **data)
