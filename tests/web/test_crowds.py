"""Crowds that come from somewhere else: who comes alone gets a turn."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest
from support import PATIENCE, TLS, ServerProcess

from omilink.accounts.passwords import AT_ONCE, MOST_WAITING

pytestmark = pytest.mark.anyio

NETWORKS, EACH = 10, 12


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_wrong_sign_ins_from_ten_networks_do_not_delay_a_right_one(
    make_server: Callable[..., ServerProcess],
) -> None:
    server = make_server()
    person = server.user()
    wrong: list[int] = []
    line_is_full = asyncio.Event()
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE * 4, verify=TLS, limits=limits) as client:

        async def sign_in(address: str, email: str, password: str) -> httpx2.Response:
            form = {"email": email, "password": password}
            return await client.post("/auth/login", json=form, headers={"X-Forwarded-For": address})

        async def guess(number: int) -> None:
            network, host = divmod(number, EACH)
            answer = await sign_in(f"198.18.{network}.{host}", f"guess{number}@example.org", "not the password")
            assert answer.status_code != 429 or answer.headers["Retry-After"]
            wrong.append(answer.status_code)
            if len(wrong) == NETWORKS * EACH - MOST_WAITING - AT_ONCE:  # those for whom the line is too long
                line_is_full.set()

        guesses = [asyncio.create_task(guess(number)) for number in range(NETWORKS * EACH)]
        await line_is_full.wait()
        right = await sign_in("203.0.113.1", person.email, person.password)
        before = wrong.count(401)
        for task in guesses:
            task.cancel()
    assert right.status_code == 200, right.text
    assert set(wrong) <= {401, 429}
    assert before < MOST_WAITING - NETWORKS
