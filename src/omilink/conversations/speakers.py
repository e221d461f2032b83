"""Who speaks in a conversation: what its user says about it holds for late words, retries and records too."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from omilink.conversations import people, wholes
from omilink.conversations.batch import Batch, unit_of_work
from omilink.conversations.wholes import SNAPSHOT
from omilink.errors import Invalid, NotFound
from omilink.models.conversation import Conversation
from omilink.models.event import MessagesUpdated
from omilink.models.ids import is_id, new_id
from omilink.models.message import NOBODY
from omilink.models.person import People, Person, StoredPerson
from omilink.models.speakers import Attribution, Speakers, speakers_of

MOST_SPLIT = 100
"""Conversations of one split."""


@unit_of_work
def correct(
    batch: Batch,
    conversation_id: str,
    user_id: str,
    speaker: str,
    *,
    person_id: str | UnsetType | None = UNSET,
    name: str | None = None,
    is_user: bool | None = None,
) -> Person | None:
    """Says who the speaker of the conversation is: a person, by `person_id` or by `name`; nobody whom the user knows, a
    `person_id` of None; the wearer or not, `is_user`. Returns the person, if one was given.

    A voice that OMI knows and that has no name yet becomes the person in all conversations. In every other case the
    person speaks in this conversation alone. A name that somebody has means that person.

    Raises NotFound, and Invalid when nothing or too much is said or a name is not acceptable.
    """
    given = (name is not None, isinstance(person_id, str), person_id is None)
    if sum(given) > 1 or (not any(given) and is_user is None):
        raise Invalid("Send person_id, or name, or person_id: null for nobody whom you know, or is_user.")
    [members] = wholes.locked(batch.tx, user_id, conversation_id)
    voices = _voices(batch, members, speaker)
    person = None
    if name is not None or isinstance(person_id, str):
        voice = voices.pop() if len(voices) == 1 else None
        person = _meant(batch, user_id, voice, person_id if isinstance(person_id, str) else None, name)
        [members] = wholes.locked(batch.stored(), user_id, conversation_id)  # a participant may have become the person
        said = Attribution(person_id=person.id, is_user=bool(is_user))
    else:
        said = Attribution(person_id=NOBODY if voices else None, is_user=is_user)
    for one in members:
        speakers = speakers_of(one.speakers)
        keeps_person = person_id is UNSET and is_user is False and name is None
        before = speakers.attributions.get(speaker, Attribution())
        put(batch, one, speakers.with_attribution(speaker, replace(before, is_user=False) if keeps_person else said))
    return person


@unit_of_work
def split(batch: Batch, user_id: str, person_id: str, conversation_ids: Sequence[str]) -> Person:
    """Makes a new person of the one who speaks in these conversations, and returns the new person. Raises NotFound, and
    Invalid when the person does not speak in any of them or the user has too many people."""
    if not 0 < len(conversation_ids) <= MOST_SPLIT:
        raise Invalid(f"conversation_ids must be a list of 1 to {MOST_SPLIT} ids of conversations.")
    ids = sorted(set(conversation_ids))
    wholes.locked(batch.tx, user_id, *ids)
    known = batch.stored().people(user_id)
    one = people.listed(known, person_id)
    new = StoredPerson(user_id=user_id, id=new_id(), name=_another_name(known, one), is_named_by_user=True)
    another = dict.fromkeys(known.ids_of(one.id), new.id)
    after = people.put(batch, known, [one, new], before=[replace(new, merged_into=one.id)])
    conversations = [each for members in wholes.locked(batch.stored(), user_id, *ids) for each in members]
    changed = [put(batch, each, speakers_of(each.speakers).with_another(another)) for each in conversations]
    if not any(changed):
        raise Invalid("This person speaks in none of these conversations.")
    return after.shown(after[new.id])


def put(batch: Batch, conversation: Conversation, speakers: Speakers) -> bool:
    """Writes who speaks in the conversation, with events for its user. Returns whether a message has changed."""
    after = replace(conversation, speakers=speakers.text())
    if after == conversation:
        return False
    batch.put_conversation(after)
    changed = []
    for message in batch.stored().all_messages(conversation.id):
        attributed = after.attributed(message)
        if attributed != message:
            changed.append(replace(attributed, rev=message.rev + 1))
            batch.put_message(changed[-1])
    for at in range(0, len(changed), SNAPSHOT):
        some = changed[at : at + SNAPSHOT]
        batch.add_event(conversation.user_id or "", MessagesUpdated(conversation=after, messages=some))
    return bool(changed)


def _voices(batch: Batch, members: Sequence[Conversation], speaker: str) -> set[str]:
    """Whom OMI takes the speaker for. Raises NotFound when nobody of that name speaks."""
    known = batch.stored().people(members[0].user_id or "")
    ids: set[str | None] = set()
    for one in members:
        people_here = speakers_of(one.speakers).people
        ids.update(people_here.get(id or "", id) for id in batch.tx.person_ids(one.id, speaker))
    if not ids:
        raise NotFound("There is no such speaker in this conversation. Send speaker as the messages have it.")
    return {known.root(id) for id in ids if id and is_id(id)}


def _meant(batch: Batch, user_id: str, voice: str | None, person_id: str | None, name: str | None) -> Person:
    """The person of this id or name. If OMI knows the voice and it has no name yet, the voice becomes that person. A
    new name takes the place of a name of OMI's."""
    known = batch.stored().people(user_id)
    of_voice = (known.get(voice) or StoredPerson(user_id=user_id, id=voice)) if voice else None
    meant = known.of_name(people.checked(name)) if name is not None else _named(known, person_id)
    if meant is None:
        if of_voice and not (of_voice.is_named_by_user and known.is_listed(of_voice)):
            return people.give_name(batch, known, of_voice, name or "")
        return people.add_named(batch, known, user_id, name or "")
    if of_voice and of_voice is not meant and not known.is_listed(of_voice):
        return people.be_one(batch, known, of_voice, meant)
    return known.shown(meant)


def _named(known: People, person_id: str | None) -> StoredPerson:
    return known.named(person_id or "") or people.missing()


def _another_name(known: People, one: StoredPerson) -> str:
    """The person's name with the first number that makes it another's."""
    beginning = (one.name or "")[: people.LONGEST_NAME - 5]
    names = (f"{beginning} {number}" for number in range(2, people.MOST + 3))
    return next(name for name in names if known.of_name(name) is None)
