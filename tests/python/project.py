"""Results as plain data, read through public attributes only."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

from zhifuyun import Conversation, Meta, Page, Quota, Statistics, Ticket, Trend, ZhifuyunError
from zhifuyun.webhooks import ConversationPayload, Event, TicketPayload

NAMES = {
    Conversation: ["id", "user_id", "channel", "status", "created_at", "updated_at", "extra"],
    Ticket: ["id", "title", "description", "status", "priority", "assignee_id", "customer_email"]
    + ["created_at", "updated_at", "extra"],
    Statistics: ["total_conversations", "total_tickets", "avg_response_time", "satisfaction_rate"]
    + ["trends", "extra"],
    Trend: ["date", "conversations", "tickets", "extra"],
    Page: ["items", "total", "page", "limit", "has_next", "extra"],
    Meta: ["http_status", "code", "request_id", "attempts", "waited", "timing"],
    ConversationPayload: ["conversation_id", "user_id", "channel", "status", "created_at", "updated_at"],
    TicketPayload: ["ticket_id", "title", "description", "status", "priority", "assignee_id"]
    + ["customer_email", "created_at", "updated_at"],
    Event: ["id", "type", "known", "timestamp", "sent_at", "data", "extra", "dedupe_key"],
}
ERROR = ["kind", "reason", "message", "operation", "argument", "code", "http_status", "request_id"]
ERROR += ["retry_after", "attempts", "maybe_applied", "fields", "webhook_reason", "timing"]


def plain(value: Any) -> Any:
    """Any public value as JSON."""
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc)
        form = "%Y-%m-%dT%H:%M:%S"
        milliseconds = utc.microsecond // 1000
        return utc.strftime(form) + (f".{milliseconds:03}Z" if milliseconds else "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (ConversationPayload, TicketPayload)):
        fields = {name: plain(getattr(value, name)) for name in NAMES[type(value)]}
        return {name: each for name, each in fields.items() if each is not None} | value.extra
    if type(value) in NAMES:
        return {name: plain(getattr(value, name)) for name in NAMES[type(value)]}
    if hasattr(value, "_asdict"):
        return {name: plain(each) for name, each in value._asdict().items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def answer(value: Any) -> Any:
    """The result of a call."""
    if value is None:
        return {}
    return plain(value) | ({} if isinstance(value, Quota) else {"meta": plain(value.meta)})


def walked(items: list[Any], report: Any) -> dict[str, Any]:
    """What an iteration brought, whether or not it ended well."""
    shown = [plain(item) for item in items]
    ids = [item["id"] for item in shown]
    return {"count": len(ids), "unique": len(set(ids)), "ids": ids, "items": shown, "report": plain(report)}


def error(e: ZhifuyunError) -> dict[str, Any]:
    """An error; `text` is everything that a log could show of it."""
    shown = {name: plain(getattr(e, name)) for name in ERROR}
    return shown | {"text": f"{e} {e!r} {e.args} {vars(e)}"}
