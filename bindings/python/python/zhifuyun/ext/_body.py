"""Bodies up to a size."""

from __future__ import annotations

from collections.abc import AsyncIterator


def too_large(length: str | None, limit: int) -> bool:
    """Whether the sender announces more than is allowed."""
    return length is not None and length.isdigit() and int(length) > limit


async def read(stream: AsyncIterator[bytes], limit: int) -> bytes | None:
    """The whole body, or None if it is larger than allowed; reading stops there."""
    body = bytearray()
    async for chunk in stream:
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
