"""What a user of a plain HTTP client writes to get typed answers."""

from datetime import datetime

from pydantic import BaseModel


class Conversation(BaseModel):
    id: str
    user_id: str
    channel: str
    status: str
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    total: int
    page: int
    limit: int
    items: list[Conversation]


class One(BaseModel):
    code: int
    data: Conversation


class Listed(BaseModel):
    code: int
    data: Page
