"""Traces of deleted words (see `conversations.traces`)."""

import secrets
from collections.abc import Mapping

from sqlalchemy import insert, select

from omilink.database import schema
from omilink.database.dialects import upsert
from omilink.database.work import Work

trace = schema.traces
KEY = "key of traces"
"""The row of `meta` with the key of the hash."""


class Traces(Work):
    def trace_key(self) -> bytes:
        """The key of the hash, which is made once for each installation."""
        stored = select(schema.meta.c.value).where(schema.meta.c.name == KEY)
        if self._writes and self._run(stored).scalar() is None:
            made = upsert(schema.meta).values(name=KEY, value=secrets.token_hex(16))
            self._run(made.on_conflict_do_nothing(index_elements=["name"]))
        return bytes.fromhex(self._run(stored).scalar() or "")

    def put_traces(self, conversation_id: str, traces: Mapping[int, str]) -> None:
        """Adds the traces of messages, by their `seq`, of a conversation that has none yet."""
        self._many(
            insert(trace),
            ({"conversation_id": conversation_id, "seq": seq, "trace": one} for seq, one in traces.items()),
        )

    def traces(self, conversation_id: str) -> dict[int, str]:
        """The traces of the conversation's messages, by their `seq`."""
        rows = self._run(select(trace.c.seq, trace.c.trace).where(trace.c.conversation_id == conversation_id))
        return {seq: one for seq, one in rows}
