"""The pytest fixtures. pytest finds them by itself; see `zhifuyun.testing`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .. import Client
    from . import MockServer, World


@pytest.fixture(scope="session")
def zhifuyun_server() -> Iterator[MockServer]:
    """A mock server for the whole session."""
    from . import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture
def zhifuyun_world(zhifuyun_server: MockServer) -> Iterator[World]:
    """A world of its own for each test."""
    world = zhifuyun_server.world()
    yield world
    world.control("DELETE", "")


@pytest.fixture
def zhifuyun_client(zhifuyun_world: World) -> Iterator[Client]:
    """A client of `zhifuyun_world`."""
    with zhifuyun_world.client() as client:
        yield client
