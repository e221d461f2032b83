"""Searching what was said."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from omilink.clock import Millis
from omilink.database.search import Filters
from omilink.database.store import Transaction
from omilink.errors import Invalid
from omilink.models.json import Json, to_json
from omilink.search.find import Cursor, Order, Page, Shown, find, show
from omilink.search.snippet import snippet
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, cursors
from omilink.web.schema.cursors import Limit, RankCursor

router = APIRouter(tags=["search"])

LONGEST = 10_000
"""The most characters of a search."""
DAY = timedelta(days=1)
Words = Annotated[str, Query(max_length=LONGEST, description="Words, or phrases in quotes; a hit has all of them")]
From = Annotated[str, Query(alias="from", description="A day, or a time in ISO 8601: at this time or later")]
To = Annotated[str, Query(description="A day, which is included, or a time in ISO 8601: before this time")]
Person = Annotated[str, Query(description="Who speaks: an id that means the person")]
Session = Annotated[str, Query(description="The id of a wearable's session")]
ConversationId = Annotated[str, Query(description="The id of a conversation")]


@router.get("/search", responses=answers.of(answers.Hits))
async def search(
    who: CurrentUser,
    services: Services,
    q: Words = "",
    from_: From = "",
    to: To = "",
    person: Person = "",
    session: Session = "",
    conversation: ConversationId = "",
    order: Order = Order.BEST,
    limit: Limit = 20,
    cursor: RankCursor = "",
) -> Json:
    """Searches words, titles, summaries, people, action items and appointments of your conversations. Case and accents
    make no difference. A word also finds the words that it begins; in quotes, words have to follow one another as they
    are. An emoji is a word. No other sign has a meaning."""
    filters = Filters(
        since=_moment(from_, "from"),
        until=_moment(to, "to", after=DAY),
        session_id=session or None,
        conversation_id=conversation or None,
        person_id=person or None,
    )
    at = Cursor(*cursors.by_rank(cursor))
    if "\0" in conversation:  # PostgreSQL takes none
        return {"ok": True, "items": [], "nextCursor": None}

    def read(tx: Transaction) -> tuple[Page, list[Shown]]:
        page = find(tx, who.user.id, q, filters, order, limit, at)
        return page, show(tx, page.hits)

    page, shown = await services.store.read(read)
    more = page.next and cursors.pack_all(page.next)
    return {"ok": True, "items": [_item(each) for each in shown], "nextCursor": more}


def _item(shown: Shown) -> Json:
    conversation, part = to_json(shown.conversation), snippet(shown.hit.text, shown.hit.match.places)
    return {
        "conversation": {name: conversation[name] for name in ("id", "title", "startedAt")},
        "message": to_json(shown.message) if shown.message else None,
        "field": shown.hit.field,
        "snippet": part.text,
        "highlights": part.highlights,
    }


def _moment(value: str, name: str, after: timedelta = timedelta()) -> Millis | None:
    """The beginning of a day, with `after` added, or a time; without a zone it is in UTC."""
    if not value:
        return None
    try:
        if len(value) == len("2026-11-24"):
            at = datetime.combine(date.fromisoformat(value), time(), UTC) + after
        else:
            at = datetime.fromisoformat(value)
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Invalid(f"{name} is a day, such as 2026-11-24, or a time, such as 2026-11-24T18:21:07Z.") from None
