"""An email is one however it is typed, and nothing else makes two one; a password is the same from every keyboard."""

import asyncio
import unicodedata

import pytest
from argon2 import PasswordHasher
from support import in_soak

from omilink.accounts import passwords
from omilink.accounts.passwords import Passwords
from omilink.errors import Invalid
from omilink.models import emails
from omilink.models.emails import email_key, email_to_find, meant, normal_email
from omilink.models.password import check_password, normal_password

UNSEEN = {
    "zero width space": "\u200b",
    "zero width non-joiner": "\u200c",
    "zero width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "right-to-left override": "\u202e",
    "pop directional formatting": "\u202c",
    "left-to-right isolate": "\u2066",
    "pop directional isolate": "\u2069",
    "variation selector 16": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "combining grapheme joiner": "\u034f",
    "Mongolian vowel separator": "\u180e",
    "Hangul filler": "\u3164",
    "half-width Hangul filler": "\uffa0",
    "Hangul choseong filler": "\u115f",
    "Khmer vowel inherent": "\u17b5",
    "tag": "\U000e0041",
    "invisible times": "\u2062",
    "empty Braille pattern": "\u2800",
    "Tifinagh joiner": "\u2d7f",
    "Khitan filler": "\U00016fe4",
    "Brahmi number joiner": "\U0001107f",
    "Duployan sign": "\U0001bc9d",
    "empty note": "\U0001d159",
    "no-break space": "\u00a0",
    "ideographic space": "\u3000",
    "space": " ",
    "line separator": "\u2028",
    "tab": "\t",
    "NUL": "\x00",
    "delete": "\x7f",
    "next line": "\x85",
    "half a character": "\ud800",
    "private use": "\ue000",
    "not assigned": "\u0378",
    "no character": "\uffff",
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.ORG", "ana@example.org"),
        ("  ana@example.org\n", "ana@example.org"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("JOSE\u0301@example.org", "jos\u00e9@example.org"),
        ("ＡＮＡ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ana@example.org"),
        ("ｱﾅ@example.org", "アナ@example.org"),
        ("\u212bsa@example.org", "åsa@example.org"),
        ("\u212aevin@example.org", "kevin@example.org"),
        ("ὈΔΥΣΣΕΎΣ@example.org", "ὀδυσσεύς@example.org"),
        ("ana@example.org.", "ana@example.org"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@bu\u0308cher.example", "ana@XN--BCHER-KVA.example."),
        ("ana@例え。jp", "ana@xn--r8jz45g.jp"),
    ],
)
def test_one_email_typed_differently_is_one(one: str, other: str) -> None:
    assert normal_email(one) == normal_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana²@example.org", "ana2@example.org"),
        ("ﬁna@example.org", "fina@example.org"),
        ("ana™@example.org", "anatm@example.org"),
        ("𝒶na@example.org", "ana@example.org"),
        ("аna@example.org", "ana@example.org"),  # a Cyrillic letter
        ("ana@straße.example", "ana@strasse.example"),
        ("ıana@example.org", "iana@example.org"),
        ("a.na@example.org", "ana@example.org"),
        ("ana+omi@example.org", "ana@example.org"),
        ("josé@example.org", "jose@example.org"),
    ],
)
def test_what_only_looks_alike_stays_two(one: str, other: str) -> None:
    assert normal_email(one) != normal_email(other)


@pytest.mark.parametrize("character", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("place", ["an{}a@example.org", "ana@exam{}ple.org"])
def test_what_nobody_can_see_is_refused_and_named(character: str, place: str) -> None:
    with pytest.raises(Invalid, match=rf"U\+{ord(character):04X} .*cannot be seen"):
        normal_email(place.format(character))
    assert email_key(place.format(character)) is None


def test_a_domain_that_only_its_ascii_form_shows_keeps_it() -> None:
    """Between these letters a zero-width non-joiner is part of a name."""
    domain = "xn--mgba3gch31f060k.example"
    assert normal_email(f"ana@{domain}").isascii()


@pytest.mark.parametrize("email", ["ana@exa_mple.org", "ana@[127.0.0.1]", "ana@localhost", "ana@xn--a", "ana@-.b"])
def test_a_domain_that_is_no_name_of_the_internet_compares_as_it_is_typed(email: str) -> None:
    assert normal_email(email.upper()) == email


@pytest.mark.parametrize("email", ["", "ana", "@b", "a@", "a@b@c", "＠", f"{'a' * 65}@b.c", "a@." + "b" * 1_000_000])
def test_what_is_no_email_is_told(email: str) -> None:
    with pytest.raises(Invalid, match="no email address"):
        normal_email(email)
    with pytest.raises(Invalid, match="no email address"):
        email_to_find(email)


@pytest.mark.soak
def test_what_was_made_comparable_compares_as_itself() -> None:
    """With a third of all characters, or a fiftieth."""
    step = in_soak(3, else_=50)
    for place, end in ("a{}b@example.org", 0x2_0000), ("a@x{}y.org", 0x3000):
        for code in range(0, end, step):
            if (key := email_key(typed := place.format(chr(code)))) is not None:
                assert email_key(key) == key, hex(code)
                assert email_key(emails.as_kept_before(typed)) == key, hex(code)


@pytest.mark.parametrize(
    ("typed", "kept", "whom"),
    [
        ("José@x.org", {"josé@x.org"}, "josé@x.org"),
        ("jose\u0301@x.org", {"josé@x.org"}, "josé@x.org"),
        ("josé@x.org", {"jose\u0301@x.org"}, "jose\u0301@x.org"),
        ("josé@x.org", {"josé@x.org", "jose\u0301@x.org"}, "josé@x.org"),
        ("Jose\u0301@x.org", {"josé@x.org", "jose\u0301@x.org"}, "jose\u0301@x.org"),
        ("ｊosé@x.org", {"josé@x.org", "jose\u0301@x.org"}, "josé@x.org"),
        ("ｊosé@x.org", {"jose\u0301@x.org", "josé@x.org."}, None),
        ("an\u200ba@x.org", {"an\u200ba@x.org"}, "an\u200ba@x.org"),
        ("ana@x.org", set(), None),
    ],
)
def test_accounts_of_before_are_meant_by_their_very_email(typed: str, kept: set[str], whom: str | None) -> None:
    assert meant(typed, kept) == whom


# Passwords


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("contrase\u00f1a", "contrasen\u0303a"),
        ("ｐａｓｓｗｏｒｔ", "passwort"),
        ("ﬁre and ﬂood", "fire and flood"),
        ("ｶﾞｷﾞｸﾞｹﾞｺﾞｶﾞｷﾞｸﾞ", "ガギグゲゴガギグ"),
    ],
)
def test_a_password_is_the_same_from_every_keyboard(one: str, other: str) -> None:
    assert normal_password(one) == normal_password(other)


def test_a_passwords_letters_spaces_and_signs_stay() -> None:
    for password in "  two spaces ", "Ключ 🔑 от дома", "PassWord", "x" * 1024:
        assert normal_password(password) == password


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("é" * 8, True),
        ("e\u0301" * 8, True),
        ("e\u0301" * 4, False),  # four characters, from whatever keyboard
        ("🔑" * 8, True),
        ("🔑" * 7, False),
        ("x" * 1024, True),
        ("x" * 1025, False),
        ("e\u0301" * 600, False),  # too many to compose
        ("\ufdfa" * 100, False),  # 1,800 characters when composed
    ],
)
def test_a_password_is_as_long_as_it_is_when_composed(password: str, good: bool) -> None:
    if good:
        check_password(password)
    else:
        with pytest.raises(Invalid, match="8 to 1024 characters"):
            check_password(password)


class Counting(PasswordHasher):
    """Cheap, and counts what takes long."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, *arguments: str | bytes, **more: str | bytes) -> bool:
        self.verified += 1
        return super().verify(*arguments, **more)


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Counting:
    hasher = Counting()
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: hasher)
    return hasher


COMPOSED, DECOMPOSED = "contrase\u00f1a", unicodedata.normalize("NFD", "contrase\u00f1a")


def test_a_hash_of_before_goes_on_and_is_made_anew(hasher: Counting) -> None:
    async def story() -> None:
        known, of_before = Passwords(), hasher.hash(DECOMPOSED)
        assert await known.matches(of_before, DECOMPOSED)
        assert not await known.matches(of_before, COMPOSED)
        anew = await known.rehashed(of_before, DECOMPOSED)
        assert anew and await known.matches(anew, DECOMPOSED) and await known.matches(anew, COMPOSED)
        assert await known.rehashed(anew, DECOMPOSED) is None
        assert await known.rehashed(anew, COMPOSED) is None
        assert await known.rehashed(hasher.hash("correct horse"), "correct horse") is None

    asyncio.run(story())


def test_a_hash_of_weaker_settings_is_made_anew(hasher: Counting) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=16).hash("correct horse")

    async def story() -> None:
        anew = await Passwords().rehashed(weaker, "correct horse")
        assert anew and await Passwords().matches(anew, "correct horse")

    asyncio.run(story())


@pytest.mark.parametrize(("password", "tries"), [("a wrong guess", 1), ("contrasen\u0303a", 2), ("\ufdfa" * 2000, 1)])
def test_an_unknown_email_takes_as_many_tries_as_a_wrong_password(hasher: Counting, password: str, tries: int) -> None:
    async def story() -> None:
        known, hashed = Passwords(), hasher.hash("correct horse")
        for somebodys in hashed, None:
            hasher.verified = 0
            assert not await known.matches(somebodys, password)
            assert hasher.verified == tries

    asyncio.run(story())


def test_an_email_that_is_none_keeps_nothing_of_the_tries_before() -> None:
    """An error that is raised again has the frames of all times before, and with them what was typed."""
    first, second = refusal("ana"), refusal("ana@")
    assert first is not second


def refusal(email: str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        normal_email(email)
    return refused.value
