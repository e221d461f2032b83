"""Routes of days: OMI's summaries of them."""

from typing import Annotated

from fastapi import APIRouter, Query

from omilink.conversations import day_summaries
from omilink.models.json import Json, to_json
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import Limit

DATE = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
Date = Annotated[str, *fields.shaped(DATE, "must be a date, such as 2026-10-14")]

router = APIRouter(tags=["conversations"])


@router.get("/day-summaries", responses=answers.of(answers.DaySummaries))
async def mine(
    who: CurrentUser,
    services: Services,
    since: Annotated[Date, Query(alias="from")] = "",
    until: Annotated[Date, Query(alias="to")] = "",
    limit: Limit = 20,
    cursor: Date = "",
) -> Json:
    """OMI's summaries of your days, the latest first; of the days `from` and `to` a date, each like `2026-10-14`."""
    found = await services.store.read(
        lambda tx: day_summaries.shown(tx, who.user.id, tx.days_of(who.user.id, limit + 1, since, until, cursor))
    )
    page = found[:limit]
    return {
        "ok": True,
        "items": [to_json(one) for one in page],
        "nextCursor": page[-1].date if len(found) > limit else None,
    }
