"""The server as it would be if nobody had to prove anything: it looks up whose session it is, and saves the words.

It replaces the gate's functions and does none of its look-ups. Nothing stands in between, for what a baseline costs by
itself would count in favour of the gate. Only saving has no gate: the product has linked the sessions beforehand.
"""

import sys
from collections.abc import Sequence
from typing import Any

from omilink.cli import main
from omilink.database.store import SqlTransaction
from omilink.ingest import saving
from omilink.ingest.batch import Desk
from omilink.linking.rules import Decision, Outcome
from omilink.models.delivery import Delivery
from omilink.models.message import Segment
from omilink.models.session import OmiSession

KEEP = Decision(rule="none", outcome=Outcome.KEEP)


def _load(desk: Any) -> None:
    """As the product's, without uids, proofs and challenges, and without the sessions that have a uid for an id."""
    keys = {delivery.session_key for delivery in desk._deliveries}
    desk._sessions = desk.tx.sessions(keys)
    desk._conversations = {}
    desk.load_conversations(keys)
    desk._messages = desk.tx.messages_known(
        {
            (conversation_id, segment.key)
            for delivery, segments in desk._heard
            for conversation_id in desk._conversations[delivery.session_key]
            for segment in segments
        }
    )
    desk._forget_changes()


def _show_uid(_desk: Desk, _session: OmiSession, _uid: str | None) -> None:
    pass


def _decide(_desk: Desk, _delivery: Delivery) -> Decision:
    return KEEP


def _prove(
    _desk: Desk, _delivery: Delivery, said: Sequence[Segment], decision: Decision
) -> tuple[Sequence[Segment], Decision]:
    return said, decision


def _carry_out(desk: Desk, _decision: Decision, delivery: Delivery, bad_segments: int) -> None:
    desk.put_session(desk.session(delivery).seen(delivery, bad_segments))


def _users_there(_tx: SqlTransaction, user_ids: set[str]) -> set[str]:
    """No account is ever gone."""
    return user_ids


def _replace(owner: Any, **plain: Any) -> None:
    """A name that the product has no more would leave its gate where it is."""
    for name, value in plain.items():
        if not hasattr(owner, name):
            raise SystemExit(f"bench/ungated.py replaces {owner.__name__}.{name}, which is not there any more.")
        setattr(owner, name, value)


if __name__ == "__main__":
    _replace(saving, _decide=_decide, _prove=_prove, _carry_out=_carry_out)
    _replace(Desk, _load=_load, show_uid=_show_uid)
    _replace(SqlTransaction, users_there=_users_there)
    sys.exit(main(sys.argv[1:]))
