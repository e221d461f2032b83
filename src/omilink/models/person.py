"""People: the names that a user gives to those who speak, and who is whom."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from omilink.models.declaration import Fixed, Shown
from omilink.models.message import NOBODY, Message


class StoredPerson(Struct, frozen=True, kw_only=True, gc=False):
    """A person of a user, or what stays of one who was merged into another or deleted."""

    user_id: Fixed[str]
    id: Fixed[str]
    """OMI's id of the person, or omilink's of a person whom the user has added."""
    name: str | None = None
    """None while only OMI knows the person."""
    is_named_by_user: bool = False
    """Whether the name is the user's, which outlasts every name of OMI's."""
    merged_into: str | None = None
    """The id of the person who this person is too."""
    is_deleted: bool = False
    undo: str | None = None
    """The person's last change, as `Change` has it; None if nothing is to be undone."""


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody who speaks in your conversations. A person without a name is gone: merged, deleted, or unnamed again."""

    id: Shown[str]
    name: Shown[str | None]
    ids: Shown[Sequence[str]]
    """Every `personId` that means this person, `id` first. Empty while the person has no name."""
    merged_into: Shown[str | None] = None
    """The person who this person is now."""
    deleted: Shown[bool] = False
    """Whether the person was deleted. The words stay, without a name."""


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """A change of people that can be undone: what was stored of those who are another than before. All people that
    the change is about have it as their last one."""

    id: str
    before: Sequence[StoredPerson]


class People:
    """All people of a user."""

    def __init__(self, stored: Iterable[StoredPerson]) -> None:
        self._by_id = {one.id: one for one in stored}

    def __getitem__(self, id: str) -> StoredPerson:
        return self._by_id[id]

    def __iter__(self) -> Iterator[StoredPerson]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, id: str) -> StoredPerson | None:
        return self._by_id.get(id)

    def with_changed(self, changed: Iterable[StoredPerson]) -> "People":
        return People([*self, *changed])

    def root(self, id: str) -> str:
        """The id of the person who the person of this id is, after all merges."""
        while (one := self._by_id.get(id)) and one.merged_into:
            id = one.merged_into
        return id

    def named(self, id: str) -> StoredPerson | None:
        """The person who the person of this id is, if that one has a name and is not deleted."""
        one = self._by_id.get(self.root(id))
        return one if one and one.name and not one.is_deleted else None

    def of_name(self, name: str) -> StoredPerson | None:
        """The person of this name; case makes no difference. Of several, the one with the least id."""
        alike = (one.id for one in self if one.name and one.name.casefold() == name.casefold() and self.is_listed(one))
        id = min(alike, default=None)
        return None if id is None else self._by_id[id]

    def of_participant(self, name: str, known: str | None) -> str | None:
        """The id of the participant with this name in a conversation: the id that was `known` before, while it means
        somebody, or the person of this name. Who was merged is found by the earlier name too."""
        if known and self.named(known):
            return known
        if one := self.of_name(name):
            return one.id
        alike = (one.id for one in self if one.name and one.name.casefold() == name.casefold() and self.named(one.id))
        id = min(alike, default=None)
        return None if id is None else self.root(id)

    def is_listed(self, one: StoredPerson) -> bool:
        return one.name is not None and one.merged_into is None and not one.is_deleted

    def ids_of(self, id: str) -> list[str]:
        """Every id that means the person, the person's own first."""
        return [id, *sorted(one for one in self._merged.get(id, ()) if one != id)]

    def shown(self, one: StoredPerson) -> Person:
        is_listed = self.is_listed(one)
        return Person(
            id=one.id,
            name=one.name if is_listed else None,
            ids=self.ids_of(one.id) if is_listed else (),
            merged_into=self.root(one.id) if one.merged_into else None,
            deleted=one.is_deleted,
        )

    def resolved(self, message: Message) -> Message:
        """The message with the person who speaks after all merges; without one who was deleted."""
        said = message.speaking_person_id
        if said is None:
            return message
        root = self.root(said)
        one = self._by_id.get(root)
        meant = NOBODY if one and one.is_deleted else root
        return message if meant == said else replace(message, user_person_id=meant)

    @cached_property
    def _merged(self) -> dict[str, list[str]]:
        merged: dict[str, list[str]] = {}
        for one in self:
            merged.setdefault(self.root(one.id), []).append(one.id)
        return merged
