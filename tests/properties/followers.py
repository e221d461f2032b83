"""A client that follows the stream, compared with one that reads everything anew."""

import json
from typing import Any

from msgspec import Struct

from omilink.conversations import history
from omilink.database.store import Transaction
from omilink.live import event_log
from omilink.models.json import json_text, to_json
from omilink.models.message import Message

Json = dict[str, Any]
ALL = 10_000


def as_sent(noun: Struct) -> Json:
    """The noun as a client gets it."""
    sent: Json = json.loads(json_text(to_json(noun)))
    return sent


class Screen:
    """What a client shows that follows the stream, and what a client shows that reads everything anew."""

    def __init__(self, tx: Transaction, user: str = "ada") -> None:
        self.tx, self.user = tx, user
        self.talks: dict[str, Json] = {c.id: as_sent(c) for c in history.page(tx, user, ALL)}
        self.words: dict[str, Json] = {m["id"]: m for id in self.talks for m in read(tx, id, user)}
        self.cursor = event_log.current(tx, user).cursor

    def catch_up(self) -> list[Json]:
        """Follows the stream to its end, and returns the events."""
        events: list[Json] = []
        more = True
        while more:
            frames, self.cursor, more = event_log.poll(self.tx, self.user, self.cursor)
            events += [json.loads(frame.data) for frame in frames]
        for event in events:
            self._take(event)
        return events

    def _take(self, event: Json) -> None:
        match event["type"]:
            case "conversation_deleted":
                self.talks.pop(event["conversationId"], None)
                self.words = {k: m for k, m in self.words.items() if m["conversationId"] != event["conversationId"]}
            case "messages_moved":
                for old in event["messageIds"]:
                    if old in self.words and self.words[old]["conversationId"] == event["from"]:
                        del self.words[old]
            case "messages_deleted":
                for id in event["messageIds"]:
                    self.words.pop(id, None)
            case "conversation_changed" | "new_messages" | "messages_updated":
                self.talks[event["conversationId"]] = event["conversation"]
                for message in event.get("messages", ()):
                    if message["rev"] > self.words.get(message["id"], {"rev": 0})["rev"]:
                        self.words[message["id"]] = message
            case "update":
                raise AssertionError("the stream began anew")

    def is_as_fresh(self) -> bool:
        self.catch_up()
        fresh = Screen(self.tx, self.user)
        current = event_log.current(self.tx, self.user).conversation
        newest = max(self.talks.values(), key=lambda c: (c["order"], c["lastMessageAt"], c["id"]), default=None)
        assert newest == (current and as_sent(current))
        assert self.talks == fresh.talks
        assert self.words == fresh.words
        for id, talk in self.talks.items():
            words = [m for m in self.words.values() if m["conversationId"] == id]
            assert talk["messageCount"] == len(words)
            assert sorted(words, key=lambda m: (m["position"], m["seq"])) == read(self.tx, id, self.user)
        return True


def read(tx: Transaction, conversation_id: str, user: str = "ada") -> list[Json]:
    """Page by page, as a client does."""
    found: list[Message] = []
    conversation = history.one(tx, conversation_id, user)
    while True:
        page = history.older(tx, conversation, 3, (found[0].position, found[0].seq) if found else None)
        found = [*page.messages, *found]
        if not page.has_older:
            break
    assert found == history.older(tx, conversation, ALL).messages
    if found:
        middle = found[len(found) // 2]
        assert history.around(tx, conversation, 2 * ALL, middle.id).messages == found
        newer = history.newer(tx, conversation, ALL, (middle.position, middle.seq)).messages
        assert newer == found[len(found) // 2 + 1 :]
    return [as_sent(message) for message in found]
