"""Routes of people: the names of those who speak."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from omilink.conversations import people, speakers
from omilink.models.json import Json, to_json
from omilink.models.person import Person
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import Limit, NumberCursor, by_number, pack

router = APIRouter(prefix="/people", tags=["conversations"])


class Naming(BaseModel):
    name: fields.PersonName


class Merge(BaseModel):
    into: fields.Name


class Split(BaseModel):
    conversation_ids: Annotated[list[fields.Name], Field(min_length=1, max_length=speakers.MOST_SPLIT)]


@router.get("", responses=answers.of(answers.People))
async def mine(who: CurrentUser, services: Services, limit: Limit = 50, cursor: NumberCursor = "") -> Json:
    """The people who have a name. A message's `personId` means the person whose `ids` have it."""
    after = by_number(cursor)
    found = await services.store.read(lambda tx: people.page(tx, who.user.id, limit + 1, after[1] if after else ""))
    page = found[:limit]
    more = pack(0, page[-1].id) if len(found) > limit else None
    return {"ok": True, "items": [to_json(one) for one in page], "nextCursor": more}


@router.post("", responses=answers.of(answers.OnePerson))
async def add(form: Naming, who: CurrentUser, services: Services) -> Json:
    """Adds a person."""
    person = await services.store.write(lambda tx: people.add(tx, who.user.id, form.name))
    return _changed(services, who.user.id, person)


@router.patch("/{person_id}", responses=answers.of(answers.OnePerson, refused=(404,)))
async def rename(person_id: str, form: Naming, who: CurrentUser, services: Services) -> Json:
    """Renames a person, everywhere. Your name stays, whatever OMI says later."""
    person = await services.store.write(lambda tx: people.rename(tx, who.user.id, person_id, form.name))
    return _changed(services, who.user.id, person)


@router.delete("/{person_id}", responses=answers.of(answers.Done, refused=(404,)))
async def remove(person_id: str, who: CurrentUser, services: Services) -> Json:
    """Deletes a person. The words stay, without a name."""
    await services.store.write(lambda tx: people.remove(tx, who.user.id, person_id))
    services.bus.publish([who.user.id])
    return {"ok": True}


@router.post("/{person_id}/merge", responses=answers.of(answers.OnePerson, refused=(404,)))
async def merge(person_id: str, form: Merge, who: CurrentUser, services: Services) -> Json:
    """Makes a person one with another, `into`, whose name stays, and answers the latter."""
    person = await services.store.write(lambda tx: people.merge(tx, who.user.id, person_id, form.into))
    return _changed(services, who.user.id, person)


@router.post("/{person_id}/split", responses=answers.of(answers.OnePerson, refused=(404,)))
async def split(person_id: str, form: Split, who: CurrentUser, services: Services) -> Json:
    """Makes a new person of the one who speaks in these conversations, and answers the new person."""
    person = await services.store.write(lambda tx: speakers.split(tx, who.user.id, person_id, form.conversation_ids))
    return _changed(services, who.user.id, person)


@router.post("/{person_id}/undo", responses=answers.of(answers.OnePerson, refused=(404, 409)))
async def undo(person_id: str, who: CurrentUser, services: Services) -> Json:
    """Undoes the last change of a person: a name, a merge, a split or that it was deleted."""
    person = await services.store.write(lambda tx: people.undo(tx, who.user.id, person_id))
    return _changed(services, who.user.id, person)


def _changed(services: Services, user_id: str, person: Person) -> Json:
    services.bus.publish([user_id])
    return {"ok": True, "person": to_json(person)}
