"""What is known about calls, iterations and the quota."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Meta", "Quota", "Report", "Timing"]


class Timing(NamedTuple):
    """Where the time of a call went, in seconds."""

    total: float
    """From the start of the call to its end."""
    queued: float
    """Waiting for a slot of the plan or for a rate-limit pause to end."""
    token: float
    """Waiting for an access token."""
    backoff: float
    """Sleeping between attempts."""
    network: float
    """Requests under way."""


class Meta(NamedTuple):
    """How a call went."""

    http_status: int
    """The HTTP status of the answer."""
    code: int | None
    """The code in the answer's envelope, as it was sent."""
    request_id: str | None
    """The server's id of the request, for support."""
    attempts: int
    """How many requests of this operation left the client, from 1."""
    timing: Timing
    """Where the time went."""

    @property
    def waited(self) -> float:
        """Seconds that the client waited by its own choice: for its turn and between attempts."""
        return self.timing.queued + self.timing.backoff


class Quota(NamedTuple):
    """A live view of the quota, as far as this client knows it."""

    used: int
    """Requests in the current window of 60 seconds."""
    limit: int | None
    """The limit per minute; None if there is none, or it is not yet known."""
    next_free: float
    """Seconds until the next single call could leave; 0 if at once."""


class Report(NamedTuple):
    """What an iteration saw so far."""

    requests: int
    """Requests made, failed and prefetched ones included."""
    pages: int
    """Answers read."""
    items: int
    """Items handed out."""
    duplicates: int
    """Items dropped because they had been handed out before."""
    first_total: int | None
    """`total` of the first answer."""
    last_total: int | None
    """`total` of the last answer to a request for the whole list."""
    total_changed: bool
    """Whether the total differed between two such answers."""
    passes: int
    """How often the iteration went through the list."""
    complete: bool
    """"strict": nothing can be missing. "fast": the end was reached without a sign of a change."""
    stopped_by: str
    """Why it ended, such as "short_page" or "max_items"; "not_finished" before."""


def _meta(http_status: int, code: int | None, request_id: str | None, attempts: int, timing: list[float]) -> Meta:
    return Meta(http_status, code, request_id, attempts, Timing(*timing))
