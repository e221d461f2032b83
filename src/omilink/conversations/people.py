"""People: lists, adds, names, merges and deletes them, and undoes their last change.

Messages keep the ids of people that they have, and `models.person.People` says whom an id means. So none of these
changes rewrites a message. The participants of a conversation are names in OMI's record, so each change looks up anew
whom they mean.
"""

from collections.abc import Collection, Mapping

from msgspec import json
from msgspec.structs import replace

from omilink.conversations.batch import Batch, unit_of_work
from omilink.database.store import Transaction
from omilink.errors import Invalid, NotFound, NothingToUndo
from omilink.models.conversation import Conversation
from omilink.models.event import ConversationChanged, PersonChanged
from omilink.models.ids import new_id
from omilink.models.json import event_beginning
from omilink.models.person import Change, People, Person, StoredPerson
from omilink.models.summary import details_of
from omilink.models.texts import is_storable

LONGEST_NAME = 100
"""Characters."""
MOST = 2_000
"""People of a user, with those who were merged or deleted."""


def page(tx: Transaction, user_id: str, limit: int, after: str = "") -> list[Person]:
    """At most `limit` of the user's people with an id after `after`, by id."""
    people = tx.people(user_id)
    listed = sorted((one for one in people if people.is_listed(one) and one.id > after), key=lambda one: one.id)
    return [people.shown(one) for one in listed[:limit]]


@unit_of_work
def add(batch: Batch, user_id: str, name: str) -> Person:
    """Adds a person and returns it. Raises Invalid for a name that is empty, too long or cannot be stored, or when the
    user has too many people."""
    return add_named(batch, batch.stored().people(user_id), user_id, name)


@unit_of_work
def rename(batch: Batch, user_id: str, person_id: str, name: str) -> Person:
    """Gives the person this name, which outlasts OMI's names, and returns the person. Raises NotFound, and Invalid as
    `add` does."""
    people = batch.stored().people(user_id)
    return give_name(batch, people, listed(people, person_id), name)


@unit_of_work
def remove(batch: Batch, user_id: str, person_id: str) -> None:
    """Deletes the person; the words stay. Later names of OMI's for the person have no effect, and no stored event has
    the name. Raises NotFound."""
    people = batch.stored().people(user_id)
    one = listed(people, person_id)
    for id in people.ids_of(one.id):
        batch.remove_events_that_begin(user_id, event_beginning(PersonChanged, "person", id=id))
    put(batch, people, [replace(one, name=None, is_deleted=True)], before=[one])


@unit_of_work
def merge(batch: Batch, user_id: str, person_id: str, into: str) -> Person:
    """Makes the person one with the person `into`, and returns the latter. Raises NotFound, and Invalid when both are
    the same."""
    people = batch.stored().people(user_id)
    one, other = listed(people, person_id), listed(people, into)
    if one is other:
        raise Invalid("A person cannot be merged into itself: into must be the id of another person.")
    return be_one(batch, people, one, other)


@unit_of_work
def undo(batch: Batch, user_id: str, person_id: str) -> Person:
    """Undoes the person's last change, and returns the person. Raises NotFound and NothingToUndo."""
    people = batch.stored().people(user_id)
    one = people.get(person_id) or missing()
    if one.undo is None:
        raise NothingToUndo("There is nothing to undo: only the last change of a person can be undone, once.")
    before = json.decode(one.undo, type=Change).before
    restored = {each.id: replace(each, undo=None) for each in people if each.undo == one.undo}
    after = put(batch, people, {**restored, **{each.id: each for each in before}}.values())
    return after.shown(after[person_id])


def learn(batch: Batch, user_id: str, names: Mapping[str, str]) -> None:
    """Takes over OMI's names of people, by their ids. Names that the user has given stay, and deleted people stay
    deleted. People beyond `MOST` are left out."""
    if not names:
        return
    people = batch.stored().people(user_id)
    room = MOST - len(people)
    changed = []
    for id, name in names.items():
        one = people.get(id)
        if one is None and room > 0:
            room -= 1
            changed.append(StoredPerson(user_id=user_id, id=id, name=name))
        elif one and not one.is_deleted and not one.is_named_by_user and one.name != name:
            changed.append(replace(one, name=name))
    put(batch, people, changed)


# parts of changes, for `speakers` too


def add_named(batch: Batch, people: People, user_id: str, name: str) -> Person:
    new = StoredPerson(user_id=user_id, id=new_id(), name=checked(name), is_named_by_user=True)
    return put(batch, people, [new]).shown(new)


def give_name(batch: Batch, people: People, one: StoredPerson, name: str) -> Person:
    after = replace(one, name=checked(name), is_named_by_user=True, is_deleted=False)
    if after != one:
        people = put(batch, people, [after], before=[one])
    return people.shown(people[one.id])


def be_one(batch: Batch, people: People, one: StoredPerson, other: StoredPerson) -> Person:
    """Merges the person into the other one, and returns the other one."""
    merged = replace(one, merged_into=other.id, is_deleted=False)
    after = put(batch, people, [merged, other], before=[one])
    return after.shown(after[other.id])


def put(
    batch: Batch, people: People, changed: Collection[StoredPerson], *, before: Collection[StoredPerson] = ()
) -> People:
    """Writes the changed people, with events, and returns all people. An event is added for each of them, and for each
    listed person, that is shown otherwise than before: its `ids` say who else is that person.
    `before` is what `undo` of any of them restores. Raises Invalid when the user has too many people."""
    if not changed:
        return people
    if before:
        change = Change(id=new_id(), before=[replace(one, undo=None) for one in before])
        changed = [replace(one, undo=json.encode(change).decode()) for one in changed]
    after = people.with_changed(changed)
    if len(after) > max(MOST, len(people)):
        raise Invalid(f"You have {MOST:,} people, with those whom you have merged or deleted: the most.")
    batch.stored().put_people(changed)
    ids = {one.id for one in changed}
    for one in (each for each in after if each.id in ids or after.is_listed(each)):
        known = people.get(one.id)
        shown = after.shown(one)
        if shown != (people.shown(known) if known else None):
            batch.add_event(one.user_id, PersonChanged(person=shown))
    for user_id in {one.user_id for one in changed}:
        _link_participants(batch, user_id, after)
    return after


def with_participants(people: People, conversation: Conversation) -> Conversation:
    """The conversation with the people whom the names of its participants mean."""
    details = details_of(conversation.details)
    if not details.participants:
        return conversation
    linked = [replace(one, person_id=people.of_participant(one.name, one.person_id)) for one in details.participants]
    return replace(conversation, details=replace(details, participants=linked).text())


def _link_participants(batch: Batch, user_id: str, people: People) -> None:
    """Writes the conversations of which a participant is another person now, with events."""
    tx = batch.stored()
    stale = [one for one in tx.conversations_with_participants(user_id) if with_participants(people, one) != one]
    if not stale:
        return
    tx.sessions({one.session_key for one in stale})  # locks them; what is read from now on stays true
    for one in tx.conversations_with_participants(user_id):
        linked = with_participants(people, one)
        if linked != one:
            batch.put_conversation(linked)
            batch.add_event(user_id, ConversationChanged(conversation=linked))


def checked(name: str) -> str:
    """The name with single spaces."""
    found = " ".join(name.split())
    if not (0 < len(found) <= LONGEST_NAME and is_storable(found)):
        raise Invalid(f"name must be a text of 1 to {LONGEST_NAME} characters.")
    return found


def listed(people: People, person_id: str) -> StoredPerson:
    one = people.get(person_id)
    return one if one and people.is_listed(one) else missing()


def missing() -> StoredPerson:
    raise NotFound("There is no person of that id in this account; they may have been deleted or merged.")
