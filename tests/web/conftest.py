"""People and devices that no other test knows, and two servers with settings of their own."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from omi_api import OmiApi
from support import Person, ServerProcess
from web_support import ALLOWED_ORIGIN, PASSWORD, PUBLIC_URL, SECRETS, SIGNING_SECRETS, new_uid, newcomer

_devices = itertools.count(1)


@pytest.fixture(scope="session")
def password_hash(shared_server: ServerProcess) -> str:
    person = shared_server.user(password=PASSWORD)
    [(hashed,)] = shared_server.rows("SELECT password_hash FROM users WHERE id = ?", person.id)
    return str(hashed)


@pytest.fixture
def ada(shared_server: ServerProcess, password_hash: str) -> Person:
    return newcomer(shared_server, password_hash)


@pytest.fixture
def ben(shared_server: ServerProcess, password_hash: str) -> Person:
    return newcomer(shared_server, password_hash)


@pytest.fixture
def device() -> str:
    return f"device-of-test-{next(_devices)}"


@pytest.fixture
def uid() -> str:
    return new_uid()


@pytest.fixture(scope="session")
def careful_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Behind https, with another site allowed, secrets in rotation, signatures, and no linking by id alone."""
    yield from _serve(
        tmp_path_factory,
        OMILINK_PUBLIC_URL=PUBLIC_URL,
        OMILINK_CORS_ORIGINS=f"{ALLOWED_ORIGIN},https://*.app.example.org,capacitor://localhost",
        OMILINK_WEBHOOK_SECRET=",".join(SECRETS),
        OMILINK_SIGNING_SECRET=",".join(SIGNING_SECRETS),
        OMILINK_MANUAL_LINK="off",
    )


@pytest.fixture(scope="session")
def bare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """With rate limits, an empty secret, and its proxy somewhere else."""
    yield from _serve(
        tmp_path_factory,
        OMILINK_RATE_LIMITS="on",
        OMILINK_WEBHOOK_SECRET="",
        OMILINK_TRUSTED_PROXIES="203.0.113.9",
    )


@pytest.fixture(scope="session")
def omi_api() -> Iterator[OmiApi]:
    api = OmiApi()
    yield api
    api.close()


@pytest.fixture(scope="session")
def phone_server(tmp_path_factory: pytest.TempPathFactory, omi_api: OmiApi) -> Iterator[ServerProcess]:
    """With an app at OMI that reaches phones, and OMI's signatures."""
    yield from _serve(tmp_path_factory, OMILINK_SIGNING_SECRET=SIGNING_SECRETS[1], **omi_api.settings)


@pytest.fixture
def newcomers(phone_server: ServerProcess, password_hash: str) -> Callable[[int], list[Person]]:
    """So many people of the server that reaches phones."""
    return lambda count: [newcomer(phone_server, password_hash) for _ in range(count)]


@pytest.fixture
def wearer(newcomers: Callable[[int], list[Person]]) -> Person:
    return newcomers(1)[0]


@pytest.fixture
def stranger(newcomers: Callable[[int], list[Person]]) -> Person:
    return newcomers(1)[0]


def _serve(folders: pytest.TempPathFactory, **settings: str) -> Iterator[ServerProcess]:
    server = ServerProcess(folders.mktemp("server") / "data", **settings).start()
    yield server
    server.close()
