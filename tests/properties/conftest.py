"""One real database for all histories; each of them is rolled back (see histories.empty_store)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from omilink.database import migrate, sqlite


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = sqlite.engine(tmp_path_factory.mktemp("properties") / "omilink.db")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()
