"""Whose an OMI account is: what proves it, what does not, and what comes along."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise, permutations
from typing import Any

import pytest
from properties.histories import PEOPLE, at, call, empty_store, messages, moment, save, say, talks, texts, turn, verify
from sqlalchemy import Engine, select

from omilink.database import migrate, schema, sqlite
from omilink.database.store import Transaction
from omilink.errors import NotAvailable, NotFound, OmilinkError, RateLimited
from omilink.ingest.phrase_removal import LONGEST
from omilink.ingest.saving import Saved
from omilink.linking import health, omi_accounts, sessions
from omilink.linking.omi_accounts import MOST_SENTENCES, Started
from omilink.models.audit import OPERATOR, By
from omilink.models.ids import SHARED
from omilink.models.message import LEFT_OUT
from omilink.models.omi_account import Proof
from omilink.models.session import Device, Method, OmiSession

A = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"
HOUR = 3600.0
HOME, CAFE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = sqlite.engine(tmp_path_factory.mktemp("omi_accounts") / "omilink.db")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    with empty_store(engine) as tx:
        yield tx


def start(tx: Transaction, user: str = "ada", uid: str = A, clock: float = 0, *, brings: bool = True) -> Started:
    turn(tx, clock)
    return omi_accounts.start(tx, uid, user, moment(clock), By(user), by_phone=True, include_earlier=brings)


def sentence(started: Started) -> str:
    assert started.say
    return started.say


def speak(tx: Transaction, clock: float, *said: str, uid: str | None = A, proven: bool = True, **where: str) -> Saved:
    """A call with a segment for each text, by default as OMI's cloud makes it."""
    segments = [say(text, clock + 2 * number) for number, text in enumerate(said)]
    return save(tx, call(clock, *segments, uid=uid, proven=proven, **{"session": A} | where))


def confirm(
    tx: Transaction, number: str | None, user: str = "ada", uid: str = A, clock: float = 1, address: str = HOME
) -> bool:
    turn(tx, clock)
    return omi_accounts.confirm(tx, uid, user, str(number), address, moment(clock), By(user)) is not None


def link_by_speech(tx: Transaction, user: str = "ada", clock: float = 0, *, brings: bool = True) -> None:
    speak(tx, clock + 1, sentence(start(tx, user, clock=clock, brings=brings)))
    assert whose(tx) == user


def whose(tx: Transaction, uid: str = A) -> str | None:
    return tx.users_verified_for([uid]).get(uid)


def session(tx: Transaction, key: str = f"shared/{A}") -> OmiSession:
    return tx.sessions([key])[key]


def rules(tx: Transaction) -> list[str]:
    """What the audit holds, oldest first."""
    return [entry.rule for entry in tx.audit_entries(100)][::-1]


def everything(tx: Transaction) -> str:
    """All rows of all tables, but for what users are asked to say."""
    tables = [table for table in schema.metadata.sorted_tables if table.name != "challenges"]
    return repr([tx._connection.execute(select(table)).all() for table in tables])


def words_of(sentence: str, text: str) -> list[str]:
    return [word for word in sentence.split()[1:-1] if re.search(rf"\b{word}\b", text, re.IGNORECASE)]


def refusal(act: Callable[[], object]) -> str | None:
    try:
        act()
    except OmilinkError as error:
        return error.code
    return None


# The sentence


def test_said_into_the_wearable_it_links_the_account_and_its_sessions(tx: Transaction) -> None:
    saved = speak(tx, 1, sentence(start(tx)))
    (link,) = tx.omi_links("ada")
    assert (link.uid, link.proof, link.verified_at) == (A, Proof.SPOKEN, at(1))
    assert (session(tx).user_id, session(tx).method) == ("ada", Method.UID)
    assert saved.users == {"ada"}
    assert rules(tx) == ["proof-accepted", "verified-uid"]
    assert [(entry.actor, entry.uid, entry.before, entry.after) for entry in tx.audit_entries(10)] == [
        ("device", A, None, "ada")
    ] * 2


@pytest.mark.parametrize(
    "where",
    [
        {"proven": False},
        {"uid": "wristband"},
        {"uid": None},
        {"origin": "ada", "proven": False},
        {"origin": "ben", "proven": False},
    ],
)
def test_it_proves_nothing_where_a_user_can_have_said_it_or_under_another_uid(
    tx: Transaction, where: dict[str, Any]
) -> None:
    speak(tx, 1, sentence(start(tx)), **where)
    assert (whose(tx), whose(tx, "wristband")) == (None, None)
    assert "proof-accepted" not in rules(tx)


def test_signed_by_omi_it_proves_at_a_personal_url_too(tx: Transaction) -> None:
    speak(tx, 1, sentence(start(tx)), origin="ada")
    assert whose(tx) == "ada"


@pytest.mark.parametrize(("clock", "proves"), [(599.999, True), (600, False), (700, False)])
def test_it_is_good_for_ten_minutes_to_the_millisecond(tx: Transaction, clock: float, proves: bool) -> None:
    started = start(tx)
    assert started.expires_at == at(600)
    speak(tx, clock, sentence(started))
    assert whose(tx) == ("ada" if proves else None)


def test_it_proves_once(tx: Transaction) -> None:
    spoken = sentence(start(tx))
    speak(tx, 1, spoken)
    tx.remove_omi_link(A)
    speak(tx, 2, spoken)
    assert whose(tx) is None
    assert messages(tx, "ada", A) == [], "and is known again"


def test_starting_again_makes_another_and_the_one_before_is_worth_nothing(tx: Transaction) -> None:
    first, second = sentence(start(tx)), sentence(start(tx))
    speak(tx, 1, first)
    assert whose(tx) is None
    speak(tx, 5, second)
    assert whose(tx) == "ada"


@pytest.mark.parametrize("together", [True, False])
def test_of_a_doubled_call_both_copies_are_cut_and_one_proves(tx: Transaction, together: bool) -> None:
    segment = say(f"okay. {sentence(start(tx))}. thank you", 0, id="segment-of-a-doubled-call")
    copies = [call(clock, segment, session=A, uid=A, proven=True) for clock in (1, 1.2)]
    for batch in [copies] if together else [[copy] for copy in copies]:
        save(tx, *batch)
    assert texts(tx, "ada", A) == [["okay. thank you"]]
    assert rules(tx).count("proof-accepted") == 1


@pytest.mark.parametrize("times", [2, 50])
def test_said_again_and_again_in_one_call_it_is_cut_everywhere_and_proves_once(tx: Transaction, times: int) -> None:
    spoken = sentence(start(tx))
    speak(tx, 1, f"good heavens. {f'{spoken}. ' * times}thank you")
    assert texts(tx, "ada", A) == [["good heavens. thank you"]]
    assert rules(tx).count("proof-accepted") == 1


@pytest.mark.parametrize(("more", "proves"), [(0, True), (1, False)])
def test_a_call_of_more_than_a_quarter_of_an_hour_is_not_listened_to(tx: Transaction, more: int, proves: bool) -> None:
    spoken, talk = sentence(start(tx)), "so on and on " * 100
    left = LONGEST + more - len(spoken) - 10 * len(talk)
    speak(tx, 1, spoken, *[talk.strip().ljust(len(talk), ".")] * 10, "x" * left)
    assert whose(tx) == ("ada" if proves else None)


@pytest.mark.parametrize(("others", "proves"), [(MOST_SENTENCES - 1, True), (MOST_SENTENCES, False)])
def test_so_many_sentences_of_a_call_are_tried_and_no_more(tx: Transaction, others: int, proves: bool) -> None:
    wrong = "acorn airport almond amber one."
    speak(tx, 1, *[f"{wrong} and so on and on."] * others, sentence(start(tx)))
    assert whose(tx) == ("ada" if proves else None)


def test_whoever_was_asked_to_say_it_wins_and_no_other_who_asked_for_the_uid(tx: Transaction) -> None:
    adas, bens = start(tx), start(tx, "ben")
    speak(tx, 1, sentence(adas))
    assert whose(tx) == "ada"
    speak(tx, 5, sentence(bens))
    assert not confirm(tx, bens.number, "ben")
    assert whose(tx) == "ada"
    assert texts(tx, "ada", A) == [], "what ben was asked to say is no talk either"


def test_what_is_put_aside_proves_nothing(tx: Transaction) -> None:
    """Whoever found a lost device might say it."""
    sessions.issue(tx, ["pendant"], "ben", moment(0), OPERATOR)
    sessions.end(tx, "pendant", Device.LOST, moment(1), OPERATOR)
    saved = speak(tx, 5, sentence(start(tx)), session="pendant")
    assert set(saved.quarantined.values()) == {"device-out-of-use"}
    assert whose(tx) is None


def test_nor_does_what_was_accepted_before_the_session_changed_hands(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ben", moment(0))
    spoken = sentence(start(tx))
    sessions.unlink(tx, "pendant", "ben", moment(6))
    speak(tx, 5, spoken, session="pendant")
    assert whose(tx) is None
    speak(tx, 7, spoken, session="pendant")
    assert whose(tx) == "ada"


# It is no part of the talk

CUTS = {
    "in one text": lambda words: [[" ".join(words)]],
    "in two segments": lambda words: [[" ".join(words[:3]), " ".join(words[3:])]],
    "in two calls": lambda words: [[" ".join(words[:3])], [" ".join(words[3:])]],
    "a word in each call": lambda words: [[word] for word in words],
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("proven", [True, False])
def test_the_sentence_is_in_no_message_title_or_event(
    tx: Transaction, cut: Callable[[list[str]], list[list[str]]], proven: bool
) -> None:
    spoken = sentence(start(tx))
    for number, said in enumerate(cut(spoken.split())):
        speak(tx, 1 + 5 * number, *said, proven=proven)
    assert words_of(spoken, everything(tx)) == []
    owner = "ada" if proven else None
    assert whose(tx) == owner
    assert {message.text for message in messages(tx, owner, A)} <= {LEFT_OUT}


CUT_PLACES = [{3}, {1}, {5}, {2, 4}, {1, 2, 3, 4, 5}]
"""Before which words of the sentence a new call begins."""


def calls_of(words: list[str], cuts: set[int]) -> list[str]:
    return [" ".join(words[a:b]) for a, b in pairwise([0, *sorted(cuts), len(words)])]


@pytest.mark.parametrize("cuts", CUT_PLACES, ids=str)
@pytest.mark.parametrize("ended", [0.5, 3.0, 6.0, 8.5, 9.5, 40.0])
@pytest.mark.parametrize("pause", [3.0, 20.0, 140.0])
def test_whatever_was_said_before_and_wherever_the_clock_stands(
    tx: Transaction, cuts: set[int], ended: float, pause: float
) -> None:
    """Earlier talk ended at some second of a clock that has started again at 0 since."""
    before = [say(f"before {n}", n * ended / 4, (n + 1) * ended / 4) for n in range(4)]
    save(tx, call(ended, *before, session=A, uid=A))
    spoken = sentence(start(tx, clock=ended))
    for number, said in enumerate(calls_of(spoken.split(), cuts)):
        segment = say(said, 1.5 * number, 1.5 * number + 1.4)
        save(tx, call(ended + pause + 1.5 * (number + 1), segment, session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert words_of(spoken, everything(tx)) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_its_parts_come(tx: Transaction, order: tuple[int, ...]) -> None:
    spoken = sentence(start(tx)).split()
    parts = [say(" ".join(spoken[2 * n : 2 * n + 2]), 2.0 * n, 2.0 * n + 1.9) for n in range(3)]
    for late, n in enumerate(order):
        save(tx, call(7.0 + late, parts[n], session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert words_of(" ".join(spoken), everything(tx)) == []


def test_while_somebody_else_talks(tx: Transaction) -> None:
    spoken = sentence(start(tx)).split()
    mine, theirs = {"speaker": "SPEAKER_0"}, {"speaker": "SPEAKER_1"}
    save(tx, call(2, say(" ".join(spoken[:3]), 0, **mine), session=A, uid=A, proven=True))
    save(tx, call(5, say("What are you talking about all the time?", 2, 4, **theirs), session=A, uid=A, proven=True))
    save(tx, call(8, say(" ".join(spoken[3:]), 5, 7, **mine), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert "What are you talking about" in str(texts(tx, "ada", A))
    assert words_of(" ".join(spoken), everything(tx)) == []


PARTS = {"two": [3], "three": [2, 4], "four": [2, 3, 4], "five": [2, 3, 4, 5], "six": [1, 2, 3, 4, 5]}
RESTARTING: dict[str, Callable[[int], dict[str, Any]]] = {
    "a clock": lambda n: {"start": 0, "end": 2},
    "a clock and a number": lambda n: {"start": 0, "end": 2, "id": 0},
    "a clock that is not exact": lambda n: {"start": 0.1 * (n % 3), "end": 2 + 0.1 * n},
    "a number without a clock": lambda n: {"id": 0},
    "a number without a clock but a voice": lambda n: {"id": 0, "speaker": "SPEAKER_0"},
}


@pytest.mark.parametrize("cuts", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("place", RESTARTING.values(), ids=RESTARTING)
@pytest.mark.parametrize("pause", [3.0, 7.0])
def test_a_device_that_begins_anew_with_every_call(
    tx: Transaction, cuts: list[int], place: Callable[[int], dict[str, Any]], pause: float
) -> None:
    spoken = sentence(start(tx))
    for number, said in enumerate(calls_of(spoken.split(), {*cuts})):
        save(tx, call(pause * (number + 1), say(said) | place(number), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert words_of(spoken, everything(tx)) == []


@pytest.mark.parametrize("place", RESTARTING.values(), ids=RESTARTING)
def test_a_repeat_from_such_a_device_leaves_nothing(tx: Transaction, place: Callable[[int], dict[str, Any]]) -> None:
    spoken = sentence(start(tx))
    parts = [say(word) | place(number) for number, word in enumerate(spoken.split())]
    for clock, part in enumerate([*parts, *parts[3:], *parts]):
        save(tx, call(3.0 * clock + 3, part, session=A, uid=A, proven=True))
    assert (whose(tx), texts(tx, "ada", A)) == ("ada", [])


@pytest.mark.parametrize("place", RESTARTING.values(), ids=RESTARTING)
def test_whoever_interrupts_such_a_device_is_kept_and_so_is_what_was_said_before(
    tx: Transaction, place: Callable[[int], dict[str, Any]]
) -> None:
    words = sentence(start(tx)).split()
    save(tx, call(-12, say("We had bread today.") | place(0), session=A, uid=A, proven=True))
    talk = [f"Good evening. {words[0]}", words[1], "Nobody told me about it.", *words[2:]]
    for number, said in enumerate(talk):
        save(tx, call(3.0 * number + 3, say(said) | place(number), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    kept = [message.text for message in messages(tx, "ada", A) if message.text != LEFT_OUT]
    assert sorted(kept) == ["Good evening.", "Nobody told me about it.", "We had bread today."]


def test_the_first_word_goes_along_wherever_it_was_said(tx: Transaction) -> None:
    link, *words = sentence(start(tx)).split()
    for number, said in enumerate([link, "Nobody told me about it.", " ".join(words)]):
        save(tx, call(3.0 * number + 3, say(said, 3.0 * number), session=A, uid=A, proven=True))
    assert texts(tx, "ada", A) == [[LEFT_OUT, "Nobody told me about it."]]


def test_a_last_word_goes_on_with_other_words(tx: Transaction) -> None:
    *words, digit = sentence(start(tx)).split()
    for number, said in enumerate([" ".join(words), "Nobody told me about it.", f"{digit}. And was that all?"]):
        save(tx, call(3.0 * number + 3, say(said, 3.0 * number), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert texts(tx, "ada", A) == [[LEFT_OUT, "Nobody told me about it.", "And was that all?"]]


def test_what_was_said_at_the_same_second_before_is_no_part(tx: Transaction) -> None:
    save(tx, call(5, say("We had bread.", 0, 5, id=0), session=A, uid=A, proven=True))
    spoken = sentence(start(tx)).split()
    save(tx, call(13, say(" ".join(spoken[:3]), 0.5, 3, id=0), session=A, uid=A, proven=True))
    save(tx, call(17, say(" ".join(spoken[3:]), 0, 3, id=0), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert words_of(" ".join(spoken), everything(tx)) == []


OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "named": ({"speaker": "SPEAKER_0"}, {"speaker": "SPEAKER_1"}),
    "told by who wears it": ({"is_user": True}, {"is_user": False}),
    "not told apart": ({}, {}),
}


@pytest.mark.parametrize(("mine", "theirs"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("interjections", [1, 14, 25])
def test_whoever_interrupts_and_how_often(
    tx: Transaction, mine: dict[str, Any], theirs: dict[str, Any], interjections: int
) -> None:
    spoken = sentence(start(tx)).split()
    save(tx, call(3, say(" ".join(spoken[:3]), 0, **mine), session=A, uid=A, proven=True))
    for n in range(interjections):
        said = say(f"What are you talking about for the {n}th time?", 2.5 + 2 * n, 4 + 2 * n, **theirs)
        save(tx, call(5 + 2 * n, said, session=A, uid=A, proven=True))
    end = 5.0 + 2 * interjections
    save(tx, call(end + 2, say(" ".join(spoken[3:]), end, **mine), session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert [len(talk) for talk in texts(tx, "ada", A)] == [interjections + 1], "and the beginning as left out"
    assert words_of(" ".join(spoken), everything(tx)) == []


@pytest.mark.parametrize("said", ["Hold on a second.", "Wait, where was I now with this thing?"])
@pytest.mark.parametrize("together", [True, False])
def test_own_words_between_its_parts_stay(tx: Transaction, said: str, together: bool) -> None:
    spoken = sentence(start(tx)).split()
    voice = {"speaker": "SPEAKER_0"}
    parts = [say(" ".join(spoken[:3]), 0, **voice), say(said, 3, **voice), say(" ".join(spoken[3:]), 6, **voice)]
    for number, some in enumerate([parts] if together else [[part] for part in parts]):
        save(tx, call(9 + number, *some, session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert [message.text for message in messages(tx, "ada", A) if message.text != LEFT_OUT] == [said]


# A repeat leaves nothing either

IDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "without an id": lambda n: {},
    "with an id": lambda n: {"id": f"segment-with-an-id-{n}"},
    "with a number": lambda n: {"id": f"s{n}"},
    "with a number for each call": lambda n: {"id": 0},
}
REPEATED = {"all of it": [0, 1, 2], "its beginning": [0], "its end": [2], "its middle": [1], "backwards": [2, 1, 0]}


@pytest.mark.parametrize("with_id", IDS.values(), ids=IDS)
@pytest.mark.parametrize("repeated", REPEATED.values(), ids=REPEATED)
@pytest.mark.parametrize("pause", [1.0, 6.0, 36.0])
@pytest.mark.parametrize("proven", [True, False])
def test_a_repeat_of_any_part_leaves_nothing(
    tx: Transaction, with_id: Callable[[int], dict[str, Any]], repeated: list[int], pause: float, proven: bool
) -> None:
    spoken = sentence(start(tx)).split()
    parts = [
        say(" ".join(spoken[a:b]), 3.0 * n, 3.0 * n + 2.5, **with_id(n))
        for n, (a, b) in enumerate(pairwise([0, 2, 4, 6]))
    ]
    for clock, part in enumerate(parts):
        save(tx, call(3.0 * clock + 3, part, session=A, uid=A, proven=proven))
    owner = "ada" if proven else None
    assert (whose(tx), texts(tx, owner, A)) == (owner, [])
    for clock, n in enumerate(repeated):
        save(tx, call(9 + pause + clock, parts[n], session=A, uid=A, proven=proven))
    assert texts(tx, owner, A) == []
    assert words_of(" ".join(spoken), everything(tx)) == []


@pytest.mark.parametrize("with_id", IDS.values(), ids=IDS)
def test_a_repeat_keeps_the_tail_as_it_is(tx: Transaction, with_id: Callable[[int], dict[str, Any]]) -> None:
    spoken = sentence(start(tx)).split()
    tail = f"{' '.join(spoken[3:])}. And was that all?"
    parts = [say(" ".join(spoken[:3]), 0, 2.5, **with_id(0)), say(tail, 3, 6, **with_id(1))]
    for clock, part in enumerate([*parts, *parts, parts[1]]):
        save(tx, call(3.0 * clock + 3, part, session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert texts(tx, "ada", A) == [["And was that all?"]]
    assert [talk.title for talk in talks(tx, "ada", A)] == ["And was that all?"]


def test_what_a_half_goes_on_with_is_kept_without_the_half(tx: Transaction) -> None:
    spoken = sentence(start(tx)).split()
    first, second = " ".join(spoken[:3]), " ".join(spoken[3:])
    grow = [second, f"{second}. And", f"{second}. And was that all?"]
    save(tx, call(3, say(first, 0, 2.5, id="segment-of-the-first"), session=A, uid=A, proven=True))
    versions = [say(text, 3, 5.0 + n, id="segment-of-the-second") for n, text in enumerate(grow)]
    for clock, version in enumerate([*versions, *versions]):
        save(tx, call(6 + clock, version, session=A, uid=A, proven=True))
    grown = say(f"{first}. What is it?", 0, 3, id="segment-of-the-first")
    save(tx, call(12, grown, session=A, uid=A, proven=True))
    assert texts(tx, "ada", A) == [["What is it?", "And was that all?"]]


def test_other_words_of_the_same_number_stay_whole(tx: Transaction) -> None:
    """They hold one word of the sentence, and their device counts anew in each call."""
    spoken = sentence(start(tx)).split()
    later = f"{spoken[-1]} people came by to see us"
    for clock, said in enumerate([" ".join(spoken[:3]), " ".join(spoken[3:]), later]):
        save(tx, call(3 + 3 * clock, say(said, 0, 2, id=0), session=A, uid=A, proven=True))
    assert (whose(tx), texts(tx, "ada", A)) == ("ada", [[later]])


@pytest.mark.parametrize("with_id", IDS.values(), ids=IDS)
def test_a_doubled_half_in_one_call_leaves_nothing(tx: Transaction, with_id: Callable[[int], dict[str, Any]]) -> None:
    spoken = sentence(start(tx)).split()
    first, second = say(" ".join(spoken[:3]), 0, 2.5, **with_id(0)), say(" ".join(spoken[3:]), 3, 5, **with_id(1))
    save(tx, call(3, first, first, session=A, uid=A, proven=True))
    save(tx, call(6, second, second, session=A, uid=A, proven=True))
    assert (whose(tx), texts(tx, "ada", A)) == ("ada", [])


# What is close


def heard(tx: Transaction, user: str = "ada") -> str | None:
    (challenge,) = tx.challenges_of(user, at(1))
    return challenge.heard


def test_what_is_close_to_the_sentence_is_shown_to_whom_it_was_given(tx: Transaction) -> None:
    link, *words, digit = sentence(start(tx)).split()
    start(tx, "ben")
    speak(tx, 1, "good heavens", f"{link} {words[0]} {words[1]} reaver {words[3]} {digit}. and on we go")
    assert heard(tx) == f"{words[0]} {words[1]} reaver {words[3]} {digit}"
    assert heard(tx, "ben") is None
    speak(tx, 20, f"{words[1]} {words[2]}", f"{words[3]} nothing else")
    assert heard(tx) == f"{words[1]} {words[2]} {words[3]}"


def test_other_talk_is_not_close(tx: Transaction) -> None:
    _, *words, _ = sentence(start(tx)).split()
    speak(tx, 1, f"the {words[0]} and the {words[1]} are here", "we were told so by eight people, for one")
    assert heard(tx) is None


def test_what_anybody_can_have_posted_is_not_shown(tx: Transaction) -> None:
    speak(tx, 1, " ".join(sentence(start(tx)).split()[:4]), proven=False)
    assert heard(tx) is None


def test_what_was_said_around_it_stays(tx: Transaction) -> None:
    spoken = sentence(start(tx)).split()
    speak(tx, 1, "good heavens", " ".join(["now", *spoken[:2]]))
    speak(tx, 6, " ".join(spoken[2:4]), " ".join([*spoken[4:], "and", "tea", "please"]), "thanks")
    assert texts(tx, "ada", A) == [["good heavens", "now", "and tea please", "thanks"]]


def test_a_segment_that_grows_until_it_holds_the_sentence_keeps_no_part_of_it(tx: Transaction) -> None:
    spoken = sentence(start(tx)).split()
    for number, so_far in enumerate([3, 4, 6]):
        segment = say(" ".join(spoken[:so_far]), 0, 2.0 + number, id="segment-that-grows")
        save(tx, call(1 + number, segment, session=A, uid=A, proven=True))
    assert whose(tx) == "ada"
    assert texts(tx, "ada", A) == []
    assert words_of(" ".join(spoken), everything(tx)) == []


def test_a_stream_that_heard_its_beginning_is_told_to_forget_it(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx)).split()
    speak(tx, 1, "good heavens", " ".join(spoken[:3]), session="pendant")
    speak(tx, 5, " ".join(spoken[3:]), session="pendant")
    assert any('"messages_updated"' in event.data for event in tx.events_after("ada", 0, 100)[-2:])
    assert texts(tx, "ada", "pendant") == [["good heavens", LEFT_OUT]]


def test_a_conversation_that_was_nothing_else_is_gone(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx)).split()
    speak(tx, 1, " ".join(spoken[:3]), session="pendant")
    speak(tx, 5, " ".join(spoken[3:]), session="pendant")
    assert any('"conversation_deleted"' in event.data for event in tx.events_after("ada", 0, 100)[-2:])
    assert texts(tx, "ada", "pendant") == []
    assert words_of(" ".join(spoken), everything(tx)) == []


def test_what_it_goes_on_with_after_the_sentence_is_kept(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx))
    grows = [spoken.rpartition(" ")[0], spoken, f"{spoken} and tea please"]
    versions = [say(so_far, 0, 2.0 + n, id="segment-that-goes-on") for n, so_far in enumerate(grows)]
    for clock, version in enumerate([*versions, *versions]):
        save(tx, call(1 + clock, version, session="pendant", uid=A, proven=True))
    assert texts(tx, "ada", "pendant") == [["and tea please"]]


@pytest.mark.parametrize("cut", range(1, 6))
def test_half_a_sentence_is_never_a_title(tx: Transaction, cut: int) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx)).split()
    speak(tx, 1, " ".join(spoken[:cut]), session="pendant")
    assert [talk.title for talk in talks(tx, "ada", "pendant")] == [None]
    speak(tx, 6, "what did you say", session="pendant")
    assert [talk.title for talk in talks(tx, "ada", "pendant")] == ["what did you say"]
    assert words_of(" ".join(spoken), str([talk.title for talk in talks(tx, "ada", "pendant")])) == []


def test_a_title_does_not_grow_into_half_a_sentence(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx)).split()
    for number, so_far in enumerate(["well then", f"well then {' '.join(spoken[:3])}"]):
        save(tx, call(1 + number, say(so_far, 0, 2.0 + number, id="x" * 20), session="pendant", uid=A, proven=True))
    assert [talk.title for talk in talks(tx, "ada", "pendant")] == ["well then"]


def test_a_title_of_other_words_stays(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    spoken = sentence(start(tx)).split()
    speak(tx, 1, "good heavens", " ".join(spoken[:3]), session="pendant")
    speak(tx, 6, " ".join(spoken[3:]), session="pendant")
    assert [talk.title for talk in talks(tx, "ada", "pendant")] == ["good heavens"]


def test_what_was_saved_for_an_earlier_owner_is_not_touched_when_it_grows_into_it(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ben", moment(0))
    spoken = sentence(start(tx))
    begun = spoken.rpartition(" ")[0]
    for clock, so_far in (1, begun), (5, spoken):
        grows = say(so_far, 0, 2.0 + clock, id="segment-that-grows")
        save(tx, call(clock, grows, session="pendant", uid=A, proven=True))
        sessions.unlink(tx, "pendant", "ben", moment(2)) if clock == 1 else None
    assert whose(tx) == "ada"
    assert texts(tx, "ben", "pendant") == [[begun]]


def test_what_another_owners_words_began_is_no_sentence(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ben", moment(0))
    spoken = sentence(start(tx)).split()
    speak(tx, 1, " ".join(spoken[:3]), session="pendant")
    sessions.unlink(tx, "pendant", "ben", moment(2))
    speak(tx, 5, " ".join(spoken[3:]), session="pendant")
    assert whose(tx) is None
    assert texts(tx, "ben", "pendant") == [[" ".join(spoken[:3])]]


def test_nothing_is_left_of_a_call_for_a_deleted_account(tx: Transaction) -> None:
    spoken = sentence(start(tx, "ben"))
    tx.remove_user("ada", moment(0))
    speak(tx, 1, spoken, origin="ada")
    assert tx.all_sessions(10) == []
    assert whose(tx) is None


# The number


def test_the_number_from_the_phone_proves_once(tx: Transaction) -> None:
    number = start(tx).number
    assert number and len(number) == 6
    assert confirm(tx, f"{number[:3]} {number[3:]}")
    (link,) = tx.omi_links("ada")
    assert (link.uid, link.proof) == (A, Proof.TYPED)
    tx.remove_omi_link(A)
    assert not confirm(tx, number)


@pytest.mark.parametrize(("clock", "proves"), [(599.999, True), (600, False)])
def test_the_number_is_good_for_ten_minutes(tx: Transaction, clock: float, proves: bool) -> None:
    assert confirm(tx, start(tx).number, clock=clock) == proves


def test_the_number_is_good_for_its_user_and_its_uid_alone(tx: Transaction) -> None:
    number = start(tx).number
    start(tx, "ben"), start(tx, uid="wristband")
    assert not confirm(tx, number, "ben")
    assert not confirm(tx, number, uid="wristband")
    assert confirm(tx, number)


def test_another_number_replaces_the_one_before_and_not_the_sentence_nor_its_time(tx: Transaction) -> None:
    started = start(tx)
    again = omi_accounts.renew_number(tx, A, "ada", at(300))
    assert (again.say, again.expires_at) == (None, started.expires_at)
    assert not confirm(tx, started.number)
    assert confirm(tx, again.number)
    with pytest.raises(NotFound):
        omi_accounts.renew_number(tx, A, "ada", at(300))
    with pytest.raises(NotFound):
        omi_accounts.renew_number(tx, A, "ben", at(300))


def test_the_sentence_typed_is_no_proof(tx: Transaction) -> None:
    started = start(tx)
    for typed in sentence(started), sentence(started).replace(" ", ""), "", "None":
        assert not confirm(tx, typed)
    assert whose(tx) is None


def test_without_a_phone_no_number_proves_anything(tx: Transaction) -> None:
    started = omi_accounts.start(tx, A, "ada", moment(0), By("ada"), by_phone=False)
    assert started.number is None
    assert not confirm(tx, "00000000")


def test_neither_is_stored_as_it_is(tx: Transaction) -> None:
    started = start(tx)
    again = omi_accounts.renew_number(tx, A, "ada", at(1))
    rows = everything(tx)
    assert words_of(sentence(started), rows) == []
    assert str(started.number) not in rows and str(again.number) not in rows


WRONG = {
    "a user": [("ada", f"uid-{number}", f"192.0.2.{number}") for number in range(6)],
    "a uid": [(PEOPLE[number % 3], A, f"192.0.2.{number}") for number in range(6)],
    "an address": [(PEOPLE[number % 3], f"uid-{number}", HOME) for number in range(6)],
}


@pytest.mark.parametrize("tries", WRONG.values(), ids=WRONG)
def test_five_wrong_numbers_are_all_that_is_taken_from(tx: Transaction, tries: list[tuple[str, str, str]]) -> None:
    for user, uid, address in tries[:5]:
        start(tx, user, uid)
        assert not confirm(tx, "wrong", user, uid, address=address)
    user, uid, address = tries[5]
    number = start(tx, user, uid).number
    with pytest.raises(RateLimited):
        confirm(tx, number, user, uid, address=address)
    assert whose(tx, uid) is None


def test_starting_again_does_not_give_more_tries(tx: Transaction) -> None:
    for clock in range(5):
        start(tx, clock=clock)
        assert not confirm(tx, "wrong", clock=clock)
    with pytest.raises(RateLimited) as refused:
        confirm(tx, start(tx, clock=5).number, clock=6)
    assert 0 < refused.value.retry_after <= 900


def test_a_right_number_is_no_try(tx: Transaction) -> None:
    for number in range(10):
        assert confirm(tx, start(tx, uid=f"uid-{number}").number, uid=f"uid-{number}")


# An issued session, and an operator's word


def test_an_issued_session_of_that_id_is_proof_enough(tx: Transaction) -> None:
    sessions.issue(tx, [A], "ada", moment(0), OPERATOR)
    assert start(tx, "ben").say, "for its user only"
    assert start(tx) == Started(None, None, at(0), frozenset({"ada"}))
    (link,) = tx.omi_links("ada")
    assert (link.uid, link.proof) == (A, Proof.ISSUED)
    assert session(tx).method is Method.ISSUED


ENDS: dict[str, Callable[[Transaction], object]] = {
    "returned": lambda tx: sessions.end(tx, A, Device.RETURNED, moment(5), OPERATOR),
    "lost": lambda tx: sessions.end(tx, A, Device.LOST, moment(5), OPERATOR),
    "handed over": lambda tx: sessions.hand_over(tx, A, "ben", moment(5), OPERATOR),
    "unlinked": lambda tx: sessions.unlink(tx, A, "ada", moment(5)),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_proof_of_an_issued_device_ends_with_it(tx: Transaction, end: Callable[[Transaction], object]) -> None:
    sessions.issue(tx, [A], "ada", moment(0), OPERATOR)
    start(tx)
    assert whose(tx) == "ada"
    end(tx)
    assert whose(tx) is None
    (withdrawn,) = (entry for entry in tx.audit_entries(100) if entry.uid == A and entry.after is None)
    assert (withdrawn.before, withdrawn.proof) == ("ada", Proof.ISSUED)
    if session(tx).user_id:
        sessions.hand_over(tx, A, "cleo", moment(9), OPERATOR)
    else:
        sessions.issue(tx, [A], "cleo", moment(9), OPERATOR)
    assert session(tx).user_id == "cleo"
    assert start(tx, "cleo", clock=10).say is None


def test_a_proof_that_an_operator_gave_outlives_the_issued_device(tx: Transaction) -> None:
    sessions.issue(tx, [A], "ada", moment(0), OPERATOR)
    omi_accounts.verify_by_operator(tx, A, "ada", moment(1), OPERATOR)
    sessions.end(tx, A, Device.RETURNED, moment(5), OPERATOR)
    assert whose(tx) == "ada"


def test_a_session_that_was_linked_by_hand_is_no_proof(tx: Transaction) -> None:
    sessions.link(tx, A, "ada", moment(0))
    assert start(tx).say
    assert whose(tx) is None


def test_nobody_proves_the_uid_of_a_session_that_is_issued_to_another(tx: Transaction) -> None:
    sessions.issue(tx, [A], "ben", moment(0), OPERATOR)
    started = start(tx)
    speak(tx, 1, sentence(started))
    assert not confirm(tx, started.number)
    assert (
        refusal(lambda: omi_accounts.verify_by_operator(tx, A, "ada", moment(1), OPERATOR)) == "session_not_available"
    )
    assert whose(tx) is None
    assert session(tx).user_id == "ben"


def test_an_operators_word_links_the_sessions_that_have_shown_it_at_once(tx: Transaction) -> None:
    speak(tx, 0, "nobodys yet", session="pendant")
    assert omi_accounts.verify_by_operator(tx, A, "ada", moment(1), OPERATOR) == {"ada"}
    assert texts(tx, "ada", "pendant") == [["nobodys yet"]]
    assert session(tx, "shared/pendant").method is Method.UID


@pytest.mark.parametrize("owner", ["ben", None])
def test_what_shows_another_uid_by_now_is_not_linked(tx: Transaction, owner: str | None) -> None:
    """Ada's device, which is ben's by now or nobody's."""
    speak(tx, 0, "adas", session="pendant")
    if owner:
        sessions.link(tx, "pendant", owner, moment(500))
    speak(tx, 1000, "bens", session="pendant", uid="bens-uid")
    assert confirm(tx, start(tx, clock=1001).number, clock=1002)
    assert session(tx, "shared/pendant").user_id == owner


def test_a_personal_address_makes_no_session_show_a_uid(tx: Transaction) -> None:
    speak(tx, 0, "adas", origin="ada", session="pendant")
    speak(tx, 1, sentence(start(tx)), origin="ada", session="pendant")
    assert tx.uids_shown(["ada/pendant"]) == {}


def test_a_suspended_session_does_not_tell_by_its_place_when_it_was_heard(tx: Transaction) -> None:
    def places() -> list[str]:
        return [one.omi_session_id for one, _ in health.sessions_of(tx, "ben")[0]]

    for clock, uid in enumerate(["uid-of-ada", "uid-of-cleo"]):
        sessions.link(tx, uid, "ben", moment(clock))
        speak(tx, 10 + clock, "whose", session=uid, uid=uid)
    sessions.link(tx, "pendant", "ben", moment(2))
    before = places()
    assert before[0] == "pendant"
    for clock, uid in enumerate(["uid-of-ada", "uid-of-cleo", "uid-of-ada"]):
        speak(tx, 20 + clock, "whose", session=uid, uid=uid)
        assert places() == before


def test_a_call_from_before_the_proof_is_still_its_owners(tx: Transaction) -> None:
    sessions.link(tx, "pendant", "ada", moment(0))
    verify(tx, A, "ada", at(1))
    speak(tx, 10, "by uid from now on", session="pendant")
    assert (session(tx, "shared/pendant").method, session(tx, "shared/pendant").linked_at) == (Method.UID, at(0))
    sessions.unlink(tx, "pendant", "ada", moment(20))
    assert speak(tx, 5, "late", session="pendant").quarantined == {}
    assert sorted(message.text for message in messages(tx, "ada", "pendant")) == ["by uid from now on", "late"]


def test_what_is_put_aside_by_turns_is_noted_once_for_each_uid(tx: Transaction) -> None:
    for uid, user in (A, "ada"), ("bens-uid", "ben"), ("cleos-uid", "cleo"):
        verify(tx, uid, user, at(0))
    for clock in range(9):
        speak(tx, clock, "whose", session="pendant", uid=(A, "bens-uid", "cleos-uid")[clock % 3])
    noted = [entry.uid for entry in tx.audit_entries(100) if entry.rule == "hands-change-only-by-unlinking"]
    assert sorted(map(str, noted)) == ["bens-uid", "cleos-uid"]


# What is verified for somebody else


def test_no_proof_takes_a_uid_from_whom_it_is_verified_for(tx: Transaction) -> None:
    verify(tx, A, "ben", at(0))
    started = start(tx)
    assert started.say and started.number, "the answer does not tell"
    speak(tx, 1, sentence(started))
    assert not confirm(tx, started.number)
    with pytest.raises(NotAvailable):
        omi_accounts.verify_by_operator(tx, A, "ada", moment(2), OPERATOR)
    with pytest.raises(NotFound):
        omi_accounts.unlink(tx, A, "ada", moment(2), By("ada"))
    assert whose(tx) == "ben"
    assert texts(tx, "ada", A) == []


def test_a_session_of_that_id_is_not_issued_to_another(tx: Transaction) -> None:
    verify(tx, A, "ben", at(0))
    assert refusal(lambda: sessions.issue(tx, [A], "ada", moment(0), OPERATOR)) == "session_not_available"
    assert sessions.issue(tx, [A], "ben", moment(0), OPERATOR)[0].user_id == "ben"


# What comes along


@pytest.fixture
def days(tx: Transaction) -> Transaction:
    """Nobody's conversations of the last two days: 30 hours ago, a day ago to the millisecond, and half an hour ago."""
    for hours, text in (-30, "long ago"), (-24, "a day ago"), (-0.5, "just now"):
        speak(tx, hours * HOUR + 1, text)
    return tx


def test_of_the_last_day_all_that_began_in_it(days: Transaction) -> None:
    link_by_speech(days)
    assert texts(days, "ada", A) == [["a day ago"], ["just now"]]
    assert texts(days, None, A) == [["long ago"]]


def test_what_began_before_it_stays_though_it_went_on(tx: Transaction) -> None:
    for number in range(20):
        speak(tx, -24 * HOUR + 100 * number, f"word {number}")
    link_by_speech(tx, clock=0.001)
    assert texts(tx, "ada", A) == []
    assert len(messages(tx, None, A)) == 20


def test_the_user_may_decline_and_bring_it_later(days: Transaction) -> None:
    link_by_speech(days, brings=False)
    assert texts(days, "ada", A) == []
    (link,) = days.omi_links("ada")
    found = omi_accounts.earlier(days, link, at(HOUR))
    assert [one.created_at for one in found.waiting] == [at(-24 * HOUR + 1), at(-HOUR / 2 + 1)]
    assert found.brought == []
    assert omi_accounts.bring_earlier(days, A, "ada", moment(HOUR), By("ada")) == 2
    assert texts(days, "ada", A) == [["a day ago"], ["just now"]]
    assert omi_accounts.bring_earlier(days, A, "ada", moment(HOUR), By("ada")) == 0


def test_the_user_may_let_go_of_it_within_a_day_and_it_is_gone_from_the_log(days: Transaction) -> None:
    link_by_speech(days)
    speak(days, 300, "after the link")
    assert omi_accounts.leave_earlier(days, A, "ada", moment(24 * HOUR), By("ada")) == 2
    assert texts(days, "ada", A) == [["after the link"]]
    log = "".join(event.data for event in days.events_after("ada", 0, 100))
    assert "a day ago" not in log and "just now" not in log
    assert log.count('"conversation_deleted"') == 2
    assert omi_accounts.leave_earlier(days, A, "ada", moment(24 * HOUR), By("ada")) == 0
    assert omi_accounts.bring_earlier(days, A, "ada", moment(24 * HOUR), By("ada")) == 2
    moves = [(one.rule, one.actor, one.uid, one.before, one.after) for one in days.audit_entries(2)]
    assert moves == [("earlier-brought", "ada", A, "ada", "ada"), ("earlier-left", "ada", A, "ada", "ada")]


def test_what_has_gone_on_since_it_came_stays(tx: Transaction) -> None:
    speak(tx, 0, "before")
    assert confirm(tx, start(tx, clock=1).number, clock=2)
    speak(tx, 10, "goes on")
    assert omi_accounts.leave_earlier(tx, A, "ada", moment(20), By("ada")) == 0
    assert texts(tx, "ada", A) == [["before", "goes on"]]


@pytest.mark.parametrize("brings", [True, False])
def test_a_device_that_shows_the_uid_later_is_treated_as_the_user_wished(tx: Transaction, brings: bool) -> None:
    speak(tx, 0, "before", session="pendant", uid=None)
    link_by_speech(tx, clock=1, brings=brings)
    speak(tx, 10, "hers", session="pendant")
    expected = ([["before", "hers"]], []) if brings else ([["hers"]], [["before"]])
    assert (texts(tx, "ada", "pendant"), texts(tx, None, "pendant")) == expected


def test_after_a_day_it_stays(days: Transaction) -> None:
    link_by_speech(days)
    assert omi_accounts.leave_earlier(days, A, "ada", moment(24 * HOUR + 2), By("ada")) == 0
    assert texts(days, "ada", A) == [["a day ago"], ["just now"]]


@pytest.mark.parametrize("move", [omi_accounts.bring_earlier, omi_accounts.leave_earlier])
def test_nobody_moves_what_is_not_theirs(days: Transaction, move: Callable[..., int]) -> None:
    link_by_speech(days)
    with pytest.raises(NotFound):
        move(days, A, "ben", at(10), By("ben"))
    assert texts(days, "ada", A) == [["a day ago"], ["just now"]]


def test_nothing_from_before_an_earlier_owner_left_comes_along(days: Transaction) -> None:
    """Neither what ada did not take, nor what she let go of."""
    link_by_speech(days, brings=False)
    speak(days, 300, "adas")
    omi_accounts.unlink(days, A, "ada", moment(400), By("ada"))
    speak(days, 900, "nobodys")
    link_by_speech(days, "ben", clock=1000)
    assert texts(days, "ben", A) == [["nobodys"]]
    assert omi_accounts.bring_earlier(days, A, "ben", moment(1010), By("ben")) == 0
    assert texts(days, "ada", A) == [["adas"]]


# Taking it back


def test_unlinking_ends_the_sessions_that_it_linked_and_no_others(tx: Transaction) -> None:
    sessions.issue(tx, ["issued"], "ada", moment(0), OPERATOR)
    sessions.link(tx, "by-hand", "ada", moment(0))
    link_by_speech(tx)
    for name in "pendant", "issued":
        speak(tx, 10, f"at the {name}", session=name)
    speak(tx, 10, "at her own url", origin="ada")
    omi_accounts.unlink(tx, A, "ada", moment(20), By("ada", "request 7"))
    assert whose(tx) is None
    mine = {(one.origin, one.omi_session_id) for one, _ in health.sessions_of(tx, "ada")[0]}
    assert mine == {(SHARED, "issued"), (SHARED, "by-hand"), ("ada", A)}
    assert texts(tx, "ada", "pendant") == [["at the pendant"]], "what was saved stays hers"
    ((actor, request), *_) = {(entry.actor, entry.request_id) for entry in tx.audit_entries(3)}
    assert (actor, request) == ("ada", "request 7")
    speak(tx, 30, "later", session="pendant")
    assert texts(tx, None, "pendant") == [["later"]]


def test_unlinking_also_ends_what_was_under_way(tx: Transaction) -> None:
    verify(tx, A, "ada", at(0))
    number = start(tx, "ben").number
    omi_accounts.unlink(tx, A, "ada", moment(1), By("ada"))
    assert tx.challenges_of("ada", at(1)) == []
    assert confirm(tx, number, "ben"), "but not what somebody else has begun"


def test_an_operator_takes_a_proof_back_and_linked_sessions_stay(tx: Transaction) -> None:
    link_by_speech(tx)
    assert omi_accounts.unverify_by_operator(tx, A, at(10), OPERATOR) == "ada"
    assert (whose(tx), session(tx).user_id) == (None, "ada")
    with pytest.raises(NotFound):
        omi_accounts.unverify_by_operator(tx, A, at(10), OPERATOR)


def test_a_deleted_account_takes_its_links_and_challenges_along(tx: Transaction) -> None:
    link_by_speech(tx)
    waiting = start(tx, uid="wristband")
    tx.remove_user("ada", moment(10))
    for table in schema.omi_links, schema.challenges:
        assert tx._connection.execute(select(table)).all() == []
    assert "'ada'" not in everything(tx)
    speak(tx, 20, sentence(waiting), uid="wristband", session="wristband")
    assert whose(tx, "wristband") is None
