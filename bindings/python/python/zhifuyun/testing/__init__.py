"""Help for your own tests: a mock server as a pytest fixture, and signed webhooks.

    def test_my_report(zhifuyun_server):
        world = zhifuyun_server.world(seed={"conversations": 500})
        with world.client() as client:
            assert my_report(client) == ...
        assert world.journal()[0]["path"] == "/oauth/token"

The fixtures `zhifuyun_server` (one process for the whole session), `zhifuyun_world` (a world of its own for each
test) and `zhifuyun_client` come with the package. The server is the program `zhifuyun-mock-server`; it is looked
for in ZHIFUYUN_MOCK_SERVER, on PATH, and in the build directory of a checkout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._server import MockServer, World, find_server

__all__ = ["MockServer", "World", "find_server"]


def __getattr__(name: str) -> Any:
    # pytest imports this package in every project where it is installed; who uses none of it pays for none of it.
    if name in __all__:
        from . import _server

        globals()[name] = getattr(_server, name)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
