"""The order of acceptance in place of times, for changes of hands and for conversations."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from alembic import op

from omilink.database.dialects import wall_clock

revision = "0009"
down_revision = "0008"

STEP = 1 << 13
DAY = 86_400_000
"""No call waits for longer."""
Call = tuple[int, int]
"""When a call was accepted, and its number."""


class Numbers:
    """Looks numbers up by time, as far as calls are still there."""

    def __init__(self, calls: Iterable[Call]) -> None:
        by_time = sorted(calls)
        self._times = [at for at, _ in by_time]
        numbers = [number for _, number in by_time]
        self._greatest = [0, *accumulate(numbers, max)]
        self._least = [*accumulate(reversed(numbers), min)][::-1]

    def before(self, at: int | None) -> int | None:
        """The greatest number of a call before then."""
        return None if at is None else self._greatest[bisect_left(self._times, at)]

    def since(self, at: int) -> int | None:
        """The least number of a call then or later."""
        place = bisect_left(self._times, at)
        return self._least[place] if place < len(self._least) else None


NOTHING = Numbers(())
EVER = 1 << 62


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("order", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("seen", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("way", sa.String(), nullable=False, server_default="straight"))
    for change in "linked", "left_since", "left":
        op.add_column("omi_sessions", sa.Column(f"{change}_order", sa.BigInteger(), nullable=True))
        op.add_column("omi_sessions", sa.Column(f"{change}_act", sa.BigInteger(), nullable=True))
    op.add_column("omi_sessions", sa.Column("last_order", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("omi_sessions", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
    for order in "first_order", "last_order", "last_step":
        op.add_column("conversations", sa.Column(order, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("brought_order", sa.BigInteger(), nullable=True))
    _number_what_is_there(op.get_bind())
    op.drop_column("omi_sessions", "left_since")
    op.drop_column("omi_sessions", "left_at")
    op.drop_index("ix_conversations_user_id_active_until", table_name="conversations")
    op.create_index("ix_conversations_user_id_last_step", "conversations", ["user_id", "last_step"], unique=False)
    op.create_index("ix_conversations_user_id_first_order", "conversations", ["user_id", "first_order"], unique=False)


def _number_what_is_there(connection: sa.Connection) -> None:
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    for row in connection.execute(sa.text("SELECT origin, session_id, received_at, seq FROM deliveries")):
        calls[f"{row.origin}/{row.session_id}"].append((row.received_at, row.seq))
    everywhere = Numbers(call for of_session in calls.values() for call in of_session)
    act = _act(connection)
    numbers = {session_id: Numbers(of_session) for session_id, of_session in calls.items()}
    _number_sessions(connection, numbers, act)
    _number_conversations(connection, numbers, everywhere)


def _act(connection: sa.Connection) -> int | None:
    """In a cluster calls may wait in the stream or on a node's disk, and the older version has not told what they had
    seen. Where a session changed hands lately, nobody can know whether such a call came before."""
    if connection.dialect.name == "sqlite":
        return None
    return max(1, int(connection.execute(sa.text("SELECT last_value FROM deliveries_seq_seq")).scalar_one()))


def _number_sessions(connection: sa.Connection, numbers: Mapping[str, Numbers], act: int | None) -> None:
    rows = connection.execute(sa.text("SELECT id, linked_at, left_since, left_at FROM omi_sessions")).all()
    changes, lately = [], wall_clock(connection) - DAY
    for row in rows:
        its_own = numbers.get(row.id, NOTHING)
        left = None if row.left_at is None else row.left_at + 1
        changes.append(
            {
                "id": row.id,
                "linked": its_own.before(row.linked_at),
                "linked_act": act if (row.linked_at or 0) > lately else None,
                "since": its_own.before(row.left_since),
                "since_act": act if (row.left_since or 0) > lately else None,
                "left": its_own.before(left),
                "left_act": act if (left or 0) > lately else None,
                "last": its_own.before(EVER),
                "turn": int(left is not None),
            }
        )
    _write(
        connection,
        "UPDATE omi_sessions SET linked_order = :linked, linked_act = :linked_act, left_since_order = :since, "
        "left_since_act = :since_act, left_order = :left, left_act = :left_act, last_order = :last, turn = :turn "
        "WHERE id = :id",
        changes,
    )


def _number_conversations(connection: sa.Connection, numbers: Mapping[str, Numbers], everywhere: Numbers) -> None:
    rows = connection.execute(
        sa.text(
            "SELECT c.id, c.session_id, c.created_at, c.last_at, c.brought_at, s.left_at FROM conversations AS c "
            "JOIN omi_sessions AS s ON s.id = c.session_id"
        )
    ).all()
    changes = []
    for row in rows:
        first = numbers.get(row.session_id, NOTHING).since(row.created_at)
        last = everywhere.before(row.last_at + 1) or 0
        has_gone_on = row.brought_at is None or row.last_at > row.brought_at
        changes.append(
            {
                "id": row.id,
                "first": everywhere.before(row.created_at) if first is None else first,
                "last": last,
                "step": last // STEP,
                "turn": int(row.left_at is not None and row.created_at > row.left_at),
                "brought": None if has_gone_on else last,
            }
        )
    _write(
        connection,
        "UPDATE conversations SET first_order = :first, last_order = :last, last_step = :step, turn = :turn, "
        "brought_order = :brought WHERE id = :id",
        changes,
    )


def _write(connection: sa.Connection, statement: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.text(statement), rows)
