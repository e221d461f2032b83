"""Routes of conversations: read them page by page, change them by hand, delete them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import UNSET
from pydantic import BaseModel, StrictBool

from omilink.conversations import action_items, editing, history, joining, speakers, wholes
from omilink.database.store import Transaction
from omilink.live import event_log
from omilink.models.conversation import Conversation
from omilink.models.json import Json, to_json
from omilink.models.message import Message
from omilink.models.person import Person
from omilink.models.translation import in_language
from omilink.web.auth import CurrentUser, Services
from omilink.web.schema import answers, fields
from omilink.web.schema.cursors import NEWER, OLDER, Limit, NumberCursor, PlaceCursor, by_number, by_place, pack

LANGUAGE = r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3})?$"
Language = Annotated[
    str, *fields.shaped(LANGUAGE, "must be a language, such as de or pt-BR"), Query(description="Such as `de`")
]
Around = Annotated[str, Query(description="The id of a message")]

router = APIRouter(prefix="/conversations", tags=["conversations"])


class Change(BaseModel):
    title: fields.Title | None = None
    starred: StrictBool | None = None


class Correction(BaseModel):
    text: fields.MessageText | None


class Speaker(BaseModel):
    person_id: fields.Name | None = None
    name: fields.PersonName | None = None
    is_user: StrictBool | None = None


class Tick(BaseModel):
    done: StrictBool


class Join(BaseModel):
    other_id: fields.Name


class Split(BaseModel):
    message_id: fields.Name


@router.get("/current", responses=answers.of(answers.CurrentConversation))
async def current(who: CurrentUser, services: Services) -> Json:
    """Your latest conversation over all your sessions, its newest 50 messages, and the cursor for the stream."""
    return to_json(await services.store.read(lambda tx: event_log.current(tx, who.user.id)))


@router.get("", responses=answers.of(answers.Conversations))
async def mine(who: CurrentUser, services: Services, limit: Limit = 20, cursor: NumberCursor = "") -> Json:
    """Your conversations, ordered by their beginning, the newest first, so that a conversation keeps its place while
    you read page by page."""
    before = by_number(cursor)
    found = await services.store.read(lambda tx: history.page(tx, who.user.id, limit + 1, before))
    page = found[:limit]
    more = pack(page[-1].first_order, page[-1].id) if len(found) > limit else None
    return {"ok": True, "items": [to_json(c) for c in page], "nextCursor": more}


@router.get("/{conversation_id}", responses=answers.of(answers.OneConversation, refused=(404,)))
async def one(conversation_id: str, who: CurrentUser, services: Services) -> Json:
    found = await services.store.read(lambda tx: history.one(tx, conversation_id, who.user.id))
    return {"ok": True, "conversation": to_json(found)}


@router.patch("/{conversation_id}", responses=answers.of(answers.OneConversation, refused=(404,)))
async def change(conversation_id: str, form: Change, who: CurrentUser, services: Services) -> Json:
    """Renames or stars a conversation of yours. Your title stays, whatever OMI says later; a `title` of null gives back
    OMI's, or the first words."""

    def change(tx: Transaction) -> Conversation:
        if "title" in form.model_fields_set:
            editing.rename(tx, conversation_id, who.user.id, form.title)
        if form.starred is not None:
            editing.star(tx, conversation_id, who.user.id, form.starred)
        return history.one(tx, conversation_id, who.user.id)

    conversation = await services.store.write(change)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.patch(
    "/{conversation_id}/action-items/{item_id}", responses=answers.of(answers.OneConversation, refused=(404,))
)
async def tick(conversation_id: str, item_id: str, form: Tick, who: CurrentUser, services: Services) -> Json:
    """Marks an action item as done or not done. It stays so, whatever OMI says later."""
    conversation = await services.store.write(
        lambda tx: wholes.shown(tx, action_items.tick(tx, conversation_id, item_id, who.user.id, form.done))
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.post("/{conversation_id}/join", responses=answers.of(answers.OneConversation, refused=(404, 409)))
async def join(conversation_id: str, form: Join, who: CurrentUser, services: Services) -> Json:
    """Joins another conversation of yours to this one, which then shows the words of both. What comes later for either
    is shown in it too."""

    def join(tx: Transaction) -> Conversation:
        joining.join(tx, conversation_id, form.other_id, who.user.id)
        return history.one(tx, conversation_id, who.user.id)

    conversation = await services.store.write(join)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.post("/{conversation_id}/split", responses=answers.of(answers.SplitConversation, refused=(404, 409)))
async def split(conversation_id: str, form: Split, who: CurrentUser, services: Services) -> Json:
    """Makes a message and all later ones a new conversation. Later words are added to it, late ones to the conversation
    that has their second. Neither OMI's record nor a retry joins the two again."""

    def split(tx: Transaction) -> tuple[Conversation, Conversation]:
        new = joining.split(tx, conversation_id, form.message_id, who.user.id)
        return history.one(tx, conversation_id, who.user.id), history.one(tx, new, who.user.id)

    left, new = await services.store.write(split)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(left), "newConversation": to_json(new)}


@router.post("/{conversation_id}/undo", responses=answers.of(answers.OneConversation, refused=(404, 409)))
async def undo(conversation_id: str, who: CurrentUser, services: Services) -> Json:
    """Takes back what you did last to the conversation by hand: a title, a star, a split or a join. Called again, it
    takes back what you did before that."""

    def undo(tx: Transaction) -> Conversation:
        joining.undo(tx, conversation_id, who.user.id)
        return history.one(tx, conversation_id, who.user.id)

    conversation = await services.store.write(undo)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation)}


@router.put("/{conversation_id}/speakers/{speaker:path}", responses=answers.of(answers.Speaker, refused=(404,)))
async def correct_speaker(
    conversation_id: str, speaker: str, form: Speaker, who: CurrentUser, services: Services
) -> Json:
    """Says who a speaker is: a person, by `person_id` or `name`; nobody whom you know, by a `person_id` of null; the
    wearer or not, by `is_user`. It holds for later words too, and if OMI knows the voice and it has no name yet, for
    all your conversations."""
    person_id = form.person_id if "person_id" in form.model_fields_set else UNSET

    def correct(tx: Transaction) -> tuple[Conversation, Person | None]:
        person = speakers.correct(
            tx, conversation_id, who.user.id, speaker, person_id=person_id, name=form.name, is_user=form.is_user
        )
        return history.one(tx, conversation_id, who.user.id), person

    conversation, person = await services.store.write(correct)
    services.bus.publish([who.user.id])
    return {"ok": True, "conversation": to_json(conversation), "person": person and to_json(person)}


@router.get("/{conversation_id}/messages", responses=answers.of(answers.Messages, refused=(404,)))
async def messages(
    conversation_id: str,
    who: CurrentUser,
    services: Services,
    limit: Limit = 50,
    cursor: PlaceCursor = "",
    around: Around = "",
    translations: Language = "",
) -> Json:
    """The newest page of a conversation's messages, in spoken order. The cursor leads to older pages. With `around`,
    the page that has this message in its middle; this page and those that its cursors lead to have a `newerCursor`
    too. With `translations`, each message has OMI's translation into this language, if there is one."""
    direction, place = by_place(cursor)

    def read(tx: Transaction) -> history.Page:
        conversation = history.one(tx, conversation_id, who.user.id)
        if around:
            return history.around(tx, conversation, limit, around)
        if place and direction == NEWER:
            return history.newer(tx, conversation, limit, place)
        return history.older(tx, conversation, limit, place)

    def resolved(tx: Transaction) -> history.Page:
        page = read(tx)
        return page._replace(messages=history.resolved(tx, who.user.id, page.messages))

    page = await services.store.read(resolved)
    answer = {"ok": True, "items": [_with_translations(m, translations) for m in page.messages]}
    if not (around or direction):
        return answer | {"nextCursor": _cursor(page.messages[:1], page.has_older)}
    return answer | {
        "nextCursor": _cursor(page.messages[:1], page.has_older, OLDER),
        "newerCursor": _cursor(page.messages[-1:], page.has_newer, NEWER),
    }


@router.patch("/{conversation_id}/messages/{message_id}", responses=answers.of(answers.OneMessage, refused=(404,)))
async def correct(
    conversation_id: str, message_id: str, form: Correction, who: CurrentUser, services: Services
) -> Json:
    """Corrects a misheard message. Your text stays, whatever comes later; a `text` of null gives back what was heard.
    If the device says more of the sentence later, the new words are added to your text."""
    message = await services.store.write(
        lambda tx: editing.correct(tx, conversation_id, message_id, who.user.id, form.text)
    )
    services.bus.publish([who.user.id])
    return {"ok": True, "message": to_json(message)}


@router.delete("/{conversation_id}", responses=answers.of(answers.Done, refused=(404,)))
async def delete(conversation_id: str, who: CurrentUser, services: Services) -> Json:
    """Deletes every word of a conversation for good. Words that a running reader of the database still needs, such as a
    backup, are overwritten on the disk when it has ended."""
    at = services.clock()
    await services.store.write(lambda tx: history.delete(tx, conversation_id, who.user.id, at))
    services.bus.publish([who.user.id])
    await services.store.scrub()
    return {"ok": True}


def _with_translations(message: Message, language: str) -> Json:
    if not language:
        return to_json(message)
    return to_json(message) | {"translations": [to_json(t) for t in in_language(message.translations, language)]}


def _cursor(end: Sequence[Message], has_more: bool, direction: str = "") -> str | None:
    return pack(end[0].position, end[0].seq, direction) if end and has_more else None
