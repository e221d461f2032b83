"""Routes of the recording: whether what is said now is kept."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from omilink.accounts import rate_limits
from omilink.conversations import recording
from omilink.models.json import Json, to_json
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields

router = APIRouter(prefix="/me", tags=["accounts"])


class RecordingChange(BaseModel):
    model_config = ConfigDict(extra="forbid")  # whoever sends more must not believe that it has an effect

    state: Literal["on", "paused"]
    until: fields.Time | None = None


@router.get("/recording", responses=answers.of(answers.Recording))
async def show(who: CurrentUser, services: Services) -> Json:
    """Whether what your wearables hear now is kept, and how many calls had words off the record."""
    at = services.clock()
    found = await services.store.read(lambda tx: recording.now(tx, who.user.id, at))
    return {"ok": True} | to_json(found)


@router.put("/recording", responses=answers.of(answers.Recording, refused=(429,)))
async def change(form: RecordingChange, who: CurrentUser, services: Services) -> Json:
    """`paused` takes you off the record, until a time or until you say `on`. Of what is said then nothing is kept,
    whenever it comes."""
    user_id = who.user.id
    await services.limits.spend((rate_limits.PAUSE, user_id))  # each pause is kept for ever
    if form.state == "paused":
        until = round(datetime.fromisoformat(form.until).timestamp() * 1000) if form.until else None
        found = await services.store.write(lambda tx: recording.pause(tx, user_id, until, services.clock))
    else:
        found = await services.store.write(lambda tx: recording.resume(tx, user_id, services.clock))
    services.bus.publish([user_id])
    return {"ok": True} | to_json(found)
