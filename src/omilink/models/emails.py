"""The normal form of emails, in which they are compared, however a keyboard composes their characters.

Two emails are equal by RFC 8265, UsernameCaseMapped: wide and narrow characters become usual ones, capital letters
small ones, and a letter with a separate accent (é) one letter. Nothing else is mapped, so `ana²` and `ana2` stay
different. Domains are compared as DNS does (IDNA 2008 with the mapping of UTS 46), with or without the dot at their
end. A new email with invisible characters is refused. Unlike the RFC, visible symbols are allowed, since existing
emails have them.
"""

import re
import unicodedata
from collections.abc import Collection

import idna

from omilink.errors import Invalid

LONGEST = 254
"""Characters of an email (RFC 5321), 64 of them before the @."""

_EMAIL = re.compile(r"[^@\s\x00-\x1f\ud800-\udfff]{1,64}@[^@\s\x00-\x1f\ud800-\udfff]{1,189}")
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
"""Unicode categories of invisible characters: controls, formats such as soft hyphens and marks of direction,
unassigned, private, surrogate, and spaces."""
_UNSEEN_OTHERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
    "\u2d7f\U00016fe4\U0001107f\U0001bc9d\U0001d159]"
)
"""Invisible characters of other categories: characters that Unicode says to ignore where they are unknown
(Default_Ignorable_Code_Point), such as joiners, fillers and variation selectors; the empty pattern of Braille; and
joiners, fillers and an empty note of some scripts, which draw nothing."""


def normal_email(typed: str) -> str:
    """The normal form, in which an email is kept, shown and compared. Raises Invalid with the reason when the email is
    not acceptable."""
    if len(typed.strip()) > 2 * LONGEST:
        raise _no_email()
    check_seen(typed)
    email = _compared(typed)
    if not _EMAIL.fullmatch(email):
        raise _no_email()
    check_seen(email)
    return email


def email_to_find(typed: str) -> str:
    """The key of the account that somebody wants to sign in to, whether or not the account exists. Older accounts may
    have an email that could not be chosen today; Invalid is raised only for text that could never be an email."""
    if key := email_key(typed):
        return key
    if not (kept := as_kept_before(typed)):
        raise _no_email()
    return kept


def email_key(email: str) -> str | None:
    """The key that equal emails share; None for an email that could not be chosen today."""
    try:
        return normal_email(email)
    except Invalid:
        return None


def check_seen(typed: str) -> None:
    """Raises Invalid when the email has invisible characters."""
    if found := unseen(typed):
        raise Invalid(f"The email holds {found}, which cannot be seen. Type the email anew, without it.")


def unseen(typed: str) -> str | None:
    """The number and name of the email's first invisible character, or None."""
    found = next(filter(_cannot_be_seen, typed.strip()), None)
    name = unicodedata.name(found, "a character without a name").lower() if found else ""
    return f"U+{ord(found):04X} ({name})" if found else None


def as_kept_before(typed: str) -> str:
    """The form in which emails were kept before this comparison existed. Accounts of that time are found by it."""
    kept = typed.strip().lower()
    return kept if _EMAIL.fullmatch(kept) else ""


def meant(typed: str, kept: Collection[str]) -> str | None:
    """The email among `kept` that the user means; all of them equal the typed one. An identical email wins, then the
    one in today's normal form, then the only one. None if several remain."""
    for email in as_kept_before(typed), email_key(typed):
        if email and email in kept:
            return email
    return next(iter(kept)) if len(kept) == 1 else None


def _no_email() -> Invalid:
    return Invalid("That is no email address. Give one like name@example.org.")


def _compared(typed: str) -> str:
    local, at, domain = "".join(map(_of_usual_width, typed.strip())).rpartition("@")
    return _composed(local) + at + _compared_domain(domain)


def _compared_domain(domain: str) -> str:
    domain = _composed(domain).removesuffix(".")
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        in_ascii = idna.encode(domain, uts46=True).decode()
        shown = idna.decode(in_ascii)
    except idna.IDNAError:
        return domain
    return in_ascii if any(map(_cannot_be_seen, shown)) else shown


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text.lower())


def _of_usual_width(character: str) -> str:
    kind, _, usual = unicodedata.decomposition(character).partition(" ")
    return chr(int(usual, 16)) if kind in ("<wide>", "<narrow>") else character


def _cannot_be_seen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or _UNSEEN_OTHERS.match(character) is not None
