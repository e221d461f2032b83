"""Servers for tests: one of its own where a test stops or kills it, a shared one where it only uses it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import side_by_side
from hypothesis import settings
from support import ServerProcess

from lab.nats import NatsServer
from lab.postgres import Postgres

MakeServer = Callable[..., ServerProcess]

# The same random histories every time, so that a failure is due to a change; others with --hypothesis-profile=others.
# Machines are busy, so no history has a deadline.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None)
settings.register_profile("many", max_examples=3000, deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Random histories are long in script/soak."""
    items.sort(key=side_by_side.place)
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("soak")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with side_by_side.its_turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return side_by_side.scheduler(config, log)


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Starts servers with these settings; all of them end with the test."""
    started: list[ServerProcess] = []

    def make(files: int | None = None, **settings: str) -> ServerProcess:
        server = ServerProcess(tmp_path / f"data{len(started)}", files, **settings)
        started.append(server)
        return server.start()

    yield make
    for server in started:
        server.close()


@pytest.fixture
def server(make_server: MakeServer) -> ServerProcess:
    return make_server()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server
