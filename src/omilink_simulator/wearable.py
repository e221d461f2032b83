"""The posts of a simulated wearable and their times. Pure: the same seed gives the same posts."""

import itertools
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from omilink_simulator.dialogue import Line, Topic, household

MOST_IN_A_POST = 5
CLOSES_AFTER = 120.0  # seconds of silence after which OMI ends a conversation


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a wearable is used. Times are seconds; None means without end.

    `say` is said first. Conversations last `talk` seconds, the first one `first_talk` where that is given, and OMI
    closes each after a silence of `closes_after`. After every `updates` posts a sentence comes again, changed under its
    id; after every `repeats` posts unchanged under a new id (0: never). Of every `loses` posts one is lost upstream
    (0: none), never the words of `say`. Of every `unfinished` sentences the last one has no full stop (0: none).
    After `drop_after` posts the delivery is interrupted for `drop_for` seconds, and then everything of that
    time is sent at once.
    """

    say: str | None = None
    conversations: int | None = 1
    posts: int | None = 20
    talk: float | None = None
    first_talk: float | None = None
    pause: float = 150.0
    closes_after: float = CLOSES_AFTER
    updates: int = 0
    repeats: int = 0
    loses: int = 0
    unfinished: int = 0
    drop_after: int | None = None
    drop_for: float = 20.0
    starts_at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Utterance:
    id: str
    speaker: int
    text: str
    more: str
    start: float
    end: float
    topic: Topic | None = None


@dataclass(frozen=True, kw_only=True)
class Post:
    """Utterances that are sent together `at` seconds after the start; `recording` is the id of the conversation.

    `began` is when the clock of the utterances stood at 0.

    `kind`: transcript, backlog, update, repeat, lost (the webhook never gets it), or ended (OMI has closed the
    conversation; has all its utterances). `is_last` marks the end of the last conversation.
    """

    at: float
    began: float
    kind: str
    recording: str
    utterances: tuple[Utterance, ...]
    is_last: bool = False


def listen(habits: Habits, seed: str) -> Iterator[Post]:
    """The posts of one wearable in order of time. The words depend on the seed alone, not on the habits."""
    lines = _timed(random.Random(f"{seed}/words"), _sentence(habits.say), habits.unfinished)
    rng = random.Random(f"{seed}/habits")
    began = habits.starts_at
    numbers = itertools.count() if habits.conversations is None else range(habits.conversations)
    for number in numbers:
        said: dict[str, Utterance] = {}
        post = None
        is_first_and_other = number == 0 and habits.first_talk is not None
        here = replace(habits, talk=habits.first_talk) if is_first_and_other else habits
        for post in _conversation(here, lines, began, rng):
            yield post
            said |= {each.id: each for each in post.utterances if post.kind != "repeat"}
        if post is None:
            return
        is_last = number + 1 == habits.conversations
        yield replace(
            post, kind="ended", at=post.at + habits.closes_after, utterances=tuple(said.values()), is_last=is_last
        )
        began = post.at + habits.pause


def new_id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _conversation(habits: Habits, lines: Iterator[Utterance], began: float, rng: random.Random) -> Iterator[Post]:
    recording = new_id(rng)
    batches: Iterator[tuple[float, tuple[Utterance, ...]]]
    batches = itertools.islice(_batches(_from_zero(lines), rng), habits.posts)
    if habits.talk is not None:
        batches = itertools.takewhile(lambda batch: batch[0] <= (habits.talk or 0.0), batches)
    posts = (
        Post(at=began + at, began=began, kind="transcript", recording=recording, utterances=said)
        for at, said in batches
    )
    for number, post in enumerate(_relayed(posts, habits), start=1):
        is_asked_for = any(said.topic is None for said in post.utterances)
        if habits.loses and number % habits.loses == habits.loses // 2 and not is_asked_for:
            yield replace(post, kind="lost")
            continue
        yield post
        yield from _again(post, number, habits, rng)


def _sentence(words: str | None) -> list[Line]:
    """The sentence as a recogniser writes it: in two pieces, with capitals and full stops."""
    said = (words or "").split()
    pieces = filter(None, (said[: len(said) // 2], said[len(said) // 2 :]))
    return [Line(speaker=0, text=f"{' '.join(piece).capitalize()}.", more="", pause=0.3) for piece in pieces]


def _timed(rng: random.Random, first: Iterable[Line] = (), unfinished: int = 0) -> Iterator[Utterance]:
    """The lines in `first` and then those of the household, with times, without end."""
    end = 0.0
    for number, line in enumerate(itertools.chain(first, household(rng)), start=1):
        start = end + round(line.pause, 2)
        end = start + round(_seconds_to_say(line.text, rng), 2)
        text = line.text.rstrip(".?!") if unfinished and number % unfinished == 0 else line.text
        yield Utterance(
            id=new_id(rng),
            speaker=line.speaker,
            text=text,
            more=line.more,
            start=start,
            end=end,
            topic=line.topic,
        )


def _from_zero(lines: Iterator[Utterance]) -> Iterator[Utterance]:
    """OMI counts from a conversation's first speech."""
    first = next(lines)
    for line in itertools.chain([first], lines):
        yield replace(line, start=line.start - first.start, end=line.end - first.start)


def _batches(lines: Iterator[Utterance], rng: random.Random) -> Iterator[tuple[float, tuple[Utterance, ...]]]:
    """Every 1–3 s the lines that are final by then, with the time of the batch."""
    due = rng.uniform(1.0, 3.0)
    ready: list[Utterance] = []
    for line in lines:
        if ready and (line.end > due or len(ready) == MOST_IN_A_POST):
            sent_at = max(due, ready[-1].end)
            yield sent_at, tuple(ready)
            due = sent_at + rng.uniform(1.0, 3.0)
            ready = []
        ready.append(line)


def _relayed(posts: Iterable[Post], habits: Habits) -> Iterator[Post]:
    backlog: list[Post] = []
    for number, post in enumerate(posts):
        if number == habits.drop_after:
            backlog = [replace(post, at=post.at + habits.drop_for)]
        elif backlog and post.at < backlog[0].at:
            backlog.append(post)
        else:
            yield from _at_once(backlog)
            backlog = []
            yield post
    yield from _at_once(backlog)


def _at_once(backlog: list[Post]) -> Iterator[Post]:
    if backlog:
        held_back = itertools.chain.from_iterable(post.utterances for post in backlog)
        yield replace(backlog[0], kind="backlog", utterances=tuple(held_back))


def _again(post: Post, number: int, habits: Habits, rng: random.Random) -> Iterator[Post]:
    last = post.utterances[-1]
    if habits.updates and number % habits.updates == 0:
        yield replace(post, kind="update", at=post.at + 0.4, utterances=(_changed(last, rng),))
    if habits.repeats and number % habits.repeats == 0:
        yield replace(post, kind="repeat", at=post.at + 0.7, utterances=(replace(last, id=new_id(rng)),))


def _changed(line: Utterance, rng: random.Random) -> Utterance:
    if not line.more:
        return replace(line, speaker=(line.speaker + 1) % 3)
    longer = f"{line.text.rstrip('.?!')} {line.more[0].lower()}{line.more[1:]}"
    return replace(line, text=longer, end=line.end + round(_seconds_to_say(line.more, rng), 2))


def _seconds_to_say(text: str, rng: random.Random) -> float:
    return 0.2 + len(text.split()) / rng.uniform(3.2, 4.6)
