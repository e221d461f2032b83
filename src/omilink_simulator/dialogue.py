"""What a simulated household says: small invented exchanges, with gaps that are filled at random."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Line:
    """A sentence. `more` is what a correction by speech-to-text adds; `pause` is the silence before it, in seconds."""

    speaker: int
    text: str
    more: str
    pause: float


def household(rng: random.Random) -> Iterator[Line]:
    """Lines of three people without end. Speaker 0 is the wearer. No exchange comes again before all others."""
    while True:
        for exchange in rng.sample(EXCHANGES, len(EXCHANGES)):
            yield from _spoken(exchange, rng)


def _spoken(exchange: str, rng: random.Random) -> Iterator[Line]:
    chosen = {name: rng.choice(words) for name, words in GAPS.items()}
    people = dict(zip("ABC", rng.sample(range(3), 3), strict=True))
    pause = rng.uniform(0.5, 3.0)
    for sentence in exchange.splitlines():
        role, _, words = sentence.partition(": ")
        text, _, more = _fill(words, chosen).partition(" | ")
        yield Line(speaker=people[role], text=text, more=more, pause=pause)
        pause = rng.uniform(0.05, 0.4)


def _fill(words: str, chosen: dict[str, str]) -> str:
    filled = re.sub(r"\{(\w+)\}", lambda gap: chosen[gap[1]], words)
    return filled[0].upper() + filled[1:]


GAPS = {
    "thing": ("bike pump", "long ladder", "blue umbrella", "library card", "phone charger", "garden shears"),
    "place": ("hall shelf", "windowsill", "kitchen drawer", "back of the car", "top of the fridge"),
    "dish": ("lentil soup", "mushroom risotto", "potato gratin", "tomato tart", "fish pie", "noodle salad"),
    "missing": ("onions", "butter", "rice", "eggs", "lemons", "cream"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "time": ("eight", "half past nine", "noon", "four", "a quarter to six", "seven"),
    "name": ("Ida", "Jonas", "Mrs Okafor", "Felix", "Aunt Rosa", "Sunil"),
    "machine": ("dishwasher", "washing machine", "boiler", "printer", "coffee grinder"),
    "noise": ("a rattle", "a hum", "a squeak", "three beeps", "a gurgle"),
    "plant": ("fern", "basil", "lemon tree", "fig", "tall cactus"),
    "town": ("Lyon", "Bergen", "Trieste", "Ghent", "Leipzig", "Porto"),
    "game": ("chess", "badminton", "the dice game", "table tennis"),
    "subject": ("fractions", "the Romans", "verbs", "volcanoes", "the water cycle"),
}

_HEARD_AT_HOME = """\
A: Has anybody seen the {thing}?
B: On the {place}. | Under yesterday's paper.
A: Found it.

A: What are we eating tonight?
B: I thought {dish}. | If there is time.
C: Yes please!
A: Then we need {missing}.
B: I'll get some on the way.

A: {name} is coming on {day}.
B: This {day}?
A: Yes, around {time}. | And staying for dinner.
B: Good to know.

A: The {machine} makes {noise} again.
B: Since when?
A: Since {day}, I think. | Or the day before.
C: I can have a look.

A: Did somebody water the {plant}?
C: Not me.
B: Twice, so please don't. | It is standing in a puddle.

A: When does your train leave?
B: At {time}. | From the far platform.
A: Then we go twenty minutes before.
B: Fine.

A: How was {town}?
B: Wet, and lovely. | We walked the whole day.
C: Did you bring something?
B: Look in the bag.

A: Is there more coffee?
B: Half a pot.
A: Perfect.

A: I have to learn {subject} until {day}.
B: Shall I ask you questions?
A: After dinner. | But not the hard ones.

A: Who is up for {game}?
C: Me!
B: In ten minutes. | I want to finish this page.
A: Okay.

A: The parcel went to {name}.
B: Again?
A: I'll ring the bell at {time}.

A: It smells of {missing} here.
B: That is the {dish}. | It needs another half hour.
A: I can wait.

A: Could you call {name} back?
B: What about?
A: About the {thing}. | And about {day}.
B: Will do.

A: Windows closed?
B: All but the kitchen.
C: I'll do it.

A: I dreamt that we lived in {town}.
B: In a house?
A: On a boat. | With the {plant} on deck.
C: Of course.

A: The appointment moved to {day}.
B: What time?
A: At {time}. | Same place.
B: I'll write it on the calendar.

A: Can you reach the {place}?
C: With the ladder.
A: There should be a box of candles.
C: Two boxes.

A: {name} wrote from {town}.
B: What does it say?
A: Sunny, and greetings to all. | And a drawing of a goat.

A: Let's leave at {time}.
B: Make it ten past.
A: Ten past, then.

A: The {machine} is done.
C: I'm not.
B: I heard that.

A: Do we still have {missing}?
B: One left. | Look behind the jars.
A: That is enough for {dish}.

A: Shall we paint the hall on {day}?
B: Which colour?
A: Something warm. | Not yellow.
C: I choose!

A: Turn it down a little, please.
C: Better?
A: Much better.

A: I booked the tickets to {town}.
B: For how many?
A: All of us. | And {name}.
B: Wonderful."""

EXCHANGES = tuple(_HEARD_AT_HOME.split("\n\n"))
