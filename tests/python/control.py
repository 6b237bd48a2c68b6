"""The control plane of the mock server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from matching import Failed

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(method: str, url: str, body: Any = None) -> Any:
    """Speaks to the control plane."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with OPENER.open(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as e:
        raise Failed(f"{method} {url}: {e.code} {e.read().decode(errors='replace')}") from None
    return json.loads(text) if text else None
