"""What a simulated household says, and what OMI makes of it: small invented exchanges, with gaps that are filled at
random."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What OMI's record says about an exchange. `task` is an action item, if there is one, and `tasked` the speaker who
    has to do it. The whole exchange has `lines` sentences."""

    title: str
    emoji: str
    category: str
    overview: str
    task: str
    tasked: int
    lines: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A sentence. `more` is what a correction by speech-to-text adds; `pause` is the silence before it, in seconds."""

    speaker: int
    text: str
    more: str
    pause: float
    topic: Topic | None = None


def household(rng: random.Random) -> Iterator[Line]:
    """Lines of three people without end. Speaker 0 is the wearer. No exchange comes again before all others."""
    while True:
        for exchange in rng.sample(EXCHANGES, len(EXCHANGES)):
            yield from _spoken(exchange, rng)


def _spoken(exchange: str, rng: random.Random) -> Iterator[Line]:
    chosen = {name: rng.choice(words) for name, words in GAPS.items()}
    people = dict(zip("ABC", rng.sample(range(3), 3), strict=True))
    pause = rng.uniform(0.5, 3.0)
    about = [line[2:] for line in exchange.splitlines() if line.startswith("= ")]
    sentences = exchange.splitlines()[len(about) :]
    topic = _topic([_fill(line, chosen) for line in about], people, len(sentences))
    for sentence in sentences:
        role, _, words = sentence.partition(": ")
        text, _, more = _fill(words, chosen).partition(" | ")
        yield Line(speaker=people[role], text=text, more=more, pause=pause, topic=topic)
        pause = rng.uniform(0.05, 0.4)


def _topic(about: list[str], people: dict[str, int], lines: int) -> Topic:
    """`about`: title, emoji and category; the overview; and the action item, if there is one. These say
    nothing that only the second half of a sentence says, after `|`: most of the time it is not said."""
    title, emoji, category = about[0].split(" | ")
    role, _, task = "".join(about[2:]).partition(": ")
    tasked = people.get(role, 0)
    return Topic(title=title, emoji=emoji, category=category, overview=about[1], task=task, tasked=tasked, lines=lines)


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
= The {thing} is found | 🔎 | family
= The {thing} was looked for and found on the {place}.
A: Has anybody seen the {thing}?
B: On the {place}. | Under yesterday's paper.
A: Found it.

= {dish} for dinner | 🍲 | family
= There will be {dish} tonight. Still to be bought: {missing}.
= B: Buy {missing}
A: What are we eating tonight?
B: I thought {dish}. | If there is time.
C: Yes please!
A: Then we need {missing}.
B: I'll get some on the way.

= A visit of {name} | 👋 | social
= {name} comes on {day}, around {time}.
= A: Tell {name} that {day} at {time} is fine
A: {name} is coming on {day}.
B: This {day}?
A: Yes, around {time}. | And staying for dinner.
B: Good to know.

= Noise of the {machine} | 🔧 | technology
= The {machine} has made {noise} since {day}.
= C: Look at the {machine}
A: The {machine} makes {noise} again.
B: Since when?
A: Since {day}, I think. | Or the day before.
C: I can have a look.

= Water for the {plant} | 🪴 | family
= The {plant} has had water twice and needs no more.
A: Did somebody water the {plant}?
C: Not me.
B: Twice, so please don't. | It is standing in a puddle.

= The train at {time} | 🚆 | travel
= The train leaves at {time}. Everybody goes twenty minutes before.
= B: Leave twenty minutes before {time}
A: When does your train leave?
B: At {time}. | From the far platform.
A: Then we go twenty minutes before.
B: Fine.

= Back from {town} | 🧳 | travel
= {town} was wet and lovely, and there are presents in the bag.
A: How was {town}?
B: Wet, and lovely. | We walked the whole day.
C: Did you bring something?
B: Look in the bag.

= Coffee | ☕ | family
= Half a pot of coffee is left.
A: Is there more coffee?
B: Half a pot.
A: Perfect.

= Learning {subject} | 📚 | education
= To be learnt until {day}: {subject}. There are questions after dinner.
= B: Ask questions about {subject} after dinner
A: I have to learn {subject} until {day}.
B: Shall I ask you questions?
A: After dinner. | But not the hard ones.

= A round of {game} | 🎲 | entertainment
= Three people want to play {game} in ten minutes.
A: Who is up for {game}?
C: Me!
B: In ten minutes. | I want to finish this page.
A: Okay.

= A parcel at the wrong door | 📦 | other
= The parcel went to {name} again.
= A: Ring the bell of {name} at {time}
A: The parcel went to {name}.
B: Again?
A: I'll ring the bell at {time}.

= {dish} in the oven | 🥘 | family
= The smell is that of the {dish}, and somebody can wait for it.
A: It smells of {missing} here.
B: That is the {dish}. | It needs another half hour.
A: I can wait.

= A call for {name} | 📞 | social
= {name} waits for a call about the {thing}.
= B: Call {name} back about the {thing}
A: Could you call {name} back?
B: What about?
A: About the {thing}. | And about {day}.
B: Will do.

= The kitchen window | 🪟 | family
= All windows are closed but that of the kitchen.
= C: Close the kitchen window
A: Windows closed?
B: All but the kitchen.
C: I'll do it.

= A dream of {town} | 💭 | other
= Somebody dreamt of living on a boat in {town}.
A: I dreamt that we lived in {town}.
B: In a house?
A: On a boat. | With the {plant} on deck.
C: Of course.

= Appointment on {day} | 📅 | health
= The appointment is now on {day} at {time}.
= B: Write the appointment on the calendar: {day}, {time}
A: The appointment moved to {day}.
B: What time?
A: At {time}. | Same place.
B: I'll write it on the calendar.

= Candles on the {place} | 🕯️ | family
= Two boxes of candles are on the {place}.
A: Can you reach the {place}?
C: With the ladder.
A: There should be a box of candles.
C: Two boxes.

= A letter from {town} | 💌 | social
= {name} wrote from {town}: sun, and greetings to all.
A: {name} wrote from {town}.
B: What does it say?
A: Sunny, and greetings to all. | And a drawing of a goat.

= Leaving at {time} | 🚪 | family
= Everybody leaves ten minutes later than {time}.
A: Let's leave at {time}.
B: Make it ten past.
A: Ten past, then.

= The {machine} is done | ✅ | family
= The {machine} has finished, and somebody has not.
A: The {machine} is done.
C: I'm not.
B: I heard that.

= Enough for {dish} | 🫙 | family
= What is left of the {missing} is enough for {dish}.
A: Do we still have {missing}?
B: One left. | Look behind the jars.
A: That is enough for {dish}.

= Paint for the hall | 🎨 | design
= The hall gets a warm colour on {day}.
= C: Choose a colour for the hall
A: Shall we paint the hall on {day}?
B: Which colour?
A: Something warm. | Not yellow.
C: I choose!

= Music turned down | 🎵 | music
= The music is quieter now.
A: Turn it down a little, please.
C: Better?
A: Much better.

= Tickets to {town} | 🎟️ | travel
= There are tickets to {town} for everybody.
A: I booked the tickets to {town}.
B: For how many?
A: All of us. | And {name}.
B: Wonderful."""

EXCHANGES = tuple(_HEARD_AT_HOME.split("\n\n"))
