"""What a client tells while it works: to `on_event`, and to the logger `zhifuyun`.

Events gather in the native part of the client and are handed over after each call, on the thread that made it; where
calls overlap, whichever ends first hands over those of all.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._native import NativeClient
    from ._types import Hook

logger = logging.getLogger("zhifuyun")

# What happens in the normal course of a call is detail; what makes it slower is worth a line.
LEVELS = {
    "request": logging.DEBUG,
    "response": logging.DEBUG,
    "retry": logging.INFO,
    "wait": logging.INFO,
    "refresh": logging.INFO,
    "dropped": logging.WARNING,
}


def set_up_from_environment() -> None:
    """Follows ZHIFUYUN_LOG (debug, info, warning, error): level and, if nobody else did, a handler on stderr."""
    names = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
    level = names.get(os.environ.get("ZHIFUYUN_LOG", "").strip().lower())
    if level is not None:
        logger.setLevel(level)
        if not logger.hasHandlers():
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
            logger.addHandler(handler)


class Events:
    """Where the events of one client go."""

    def __init__(self, hook: Hook | None) -> None:
        self._hook = hook
        self.wanted = hook is not None or logger.isEnabledFor(logging.INFO)

    def drain(self, native: NativeClient) -> None:
        """Hands over what has gathered."""
        for text in native.drain_events():
            event: dict[str, Any] = json.loads(text)
            level = LEVELS.get(event["event"], logging.DEBUG)
            if logger.isEnabledFor(level):
                ordered = {"operation": None} | event
                shown = (f"{k}={v}" for k, v in ordered.items() if k != "event" and v is not None)
                logger.log(level, "%s %s", event["event"], " ".join(shown), extra={"zhifuyun": event})
            if self._hook is not None:
                try:
                    self._hook(event)
                except Exception:
                    # A hook watches; it must not change what the call returns.
                    logger.warning("on_event failed for the event %s", event["event"], exc_info=True)
