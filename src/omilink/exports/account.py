"""Everything that a user has in omilink, as one zip."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Literal, TypeVar
from zipfile import ZIP_DEFLATED

from icalendar import STATUS, Calendar, Todo
from msgspec import Struct
from zipstream import ZipStream

from omilink.conversations import day_summaries, people
from omilink.database.store import Transaction
from omilink.exports import formats
from omilink.exports.file_names import file_name
from omilink.exports.reading import Read, documents
from omilink.models.action_item import ListedItem, items_of, listed
from omilink.models.day_summary import DaySummary
from omilink.models.json import json_text, to_json
from omilink.models.person import Person

Version = Literal[1]
VERSION: Version = 1
"""Of the JSON. It grows with each change that an older reader would misunderstand."""
PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The stamp of each task: the same task has the same text in every export."""
Noun = TypeVar("Noun", bound=Struct)


def archive(read: Read, user_id: str, schema: str) -> Iterator[bytes]:
    """The bytes of a zip with `omilink.json`; `schema.json`, which describes it and is given as text; a Markdown file
    for each conversation in `conversations/`; and `action-items.ics`. Nothing is read before it is asked for."""
    files = ZipStream(compress_type=ZIP_DEFLATED)
    files.add(_encoded(account_json(read, user_id)), "omilink.json")
    files.add(schema, "schema.json")
    files.add(_encoded(calendar(read, user_id)), "action-items.ics")
    yield from files.all_files()
    for document in documents(read, user_id):
        name = file_name(document.conversation, "md")
        files.add(_encoded(formats.markdown(document)), f"conversations/{name}")
        yield from files.all_files()
    yield from files.finalize()


def account_json(read: Read, user_id: str) -> Iterator[str]:
    """The user's people, own action items, day summaries and conversations, as the API has them. Each conversation has
    its `messages`."""
    yield f'{{"format":"omilink","version":{VERSION}'
    yield from _member("people", ([_text(each)] for each in _people(read, user_id)))
    yield from _member("actionItems", ([_text(each)] for each in _own_items(read, user_id)))
    yield from _member("daySummaries", ([_text(each)] for each in _days(read, user_id)))
    yield from _member("conversations", map(formats.as_json, documents(read, user_id)))
    yield "}\n"


def calendar(read: Read, user_id: str) -> Iterator[str]:
    """The user's action items as tasks (RFC 5545, VTODO)."""
    empty = Calendar(version="2.0", prodid="-//omilink//omilink//EN")
    begin, _, end = bytes(empty.to_ical()).decode().partition("END:")
    yield begin
    yield from map(_task, _own_items(read, user_id))
    for document in documents(read, user_id):
        yield from map(_task, items_of(document.conversation, document.conversation))
    yield f"END:{end}"


def _task(item: ListedItem) -> str:
    status = STATUS.COMPLETED if item.done else STATUS.NEEDS_ACTION
    task = Todo.new(uid=item.id, summary=item.text, stamp=_EPOCH, status=status)
    if item.due_at is not None:
        task.add("due", datetime.fromtimestamp(item.due_at / 1000, UTC))
    return bytes(task.to_ical()).decode()


def _people(read: Read, user_id: str) -> Iterator[Person]:
    return _all(read, partial(people.page, user_id=user_id, limit=PAGE), lambda one: one.id)


def _own_items(read: Read, user_id: str) -> Iterator[ListedItem]:
    def page(tx: Transaction, after: str) -> list[ListedItem]:
        return list(map(listed, tx.own_items(user_id, None, PAGE, after)))

    return _all(read, page, lambda item: item.id)


def _days(read: Read, user_id: str) -> Iterator[DaySummary]:
    def page(tx: Transaction, after: str) -> list[DaySummary]:
        return day_summaries.shown(tx, user_id, tx.days_of(user_id, PAGE, before=after))

    return _all(read, page, lambda day: day.date)


def _all(read: Read, page: Callable[..., list[Noun]], place: Callable[[Noun], str]) -> Iterator[Noun]:
    """All that the pages hold: the first is the one after "", each other the one after the last one's place."""
    after = ""
    while found := read(partial(page, after=after)):
        yield from found
        after = place(found[-1])


def _member(name: str, items: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f',"{name}":['
    for number, pieces in enumerate(items):
        yield "," if number else ""
        yield from pieces
    yield "]"


def _text(noun: Struct) -> str:
    return json_text(to_json(noun))


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)
