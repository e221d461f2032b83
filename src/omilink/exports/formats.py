"""The formats in which a conversation can be taken along. What a user or OMI wrote is text in each of them, never
markup, except for the Markdown of OMI's summary."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Literal, NamedTuple

from omilink.clock import Millis
from omilink.exports.reading import Document
from omilink.models.conversation import Conversation
from omilink.models.json import json_text, time_text, to_json
from omilink.models.message import Message
from omilink.models.summary import ActionItem, CalendarEvent

READING = 60
"""Milliseconds that a letter of a subtitle is shown for, if the device does not say when the words ended."""
SHORTEST = 1_000
"""Milliseconds, of such a subtitle."""
_MARKDOWN = re.compile(r"[\\`*_\[\]<>&#|~$=%^]")
"""What CommonMark, GitHub or Obsidian could take for markup inside a line."""
_LOADS = re.compile(r"(\\*)(<|!(?=\[))")
"""What could load something from another server, or run, in the Markdown of a summary."""
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing."""

Pieces = Iterator[str]


def markdown(document: Document) -> Pieces:
    """CommonMark with YAML in front, as Obsidian reads it."""
    of = document.conversation
    yield from _front_matter(of)
    heading = " ".join(filter(None, (of.emoji, _line(of.shown_title or "Conversation"))))
    yield f"\n# {_escaped(heading)}\n"
    if of.summary:
        yield f"\n{_inert(of.summary)}\n"
    for section in of.sections:
        yield f"\n## {_escaped(_line(section.heading))}\n\n{_inert(section.text)}\n"
    yield from _list("To do", [_item(item) for item in of.action_items])
    yield from _list("Appointments", [_appointment(event) for event in of.events])
    yield "\n## Words\n"
    for message in _messages(document):
        speaker, said = _escaped(_line(document.speaker(message))), _escaped(_line(message.shown_text))
        yield f"\n**{speaker}** {_since(of, message)}: {said}\n"


def text(document: Document) -> Pieces:
    """Plain text: a line for each message."""
    of = document.conversation
    yield f"{_line(of.shown_title or 'Conversation')}\n{time_text(of.started_at)}\n"
    if of.summary:
        yield f"\n{of.summary}\n"
    yield "\n"
    for message in _messages(document):
        yield f"[{_since(of, message)}] {_line(document.speaker(message))}: {_line(message.shown_text)}\n"


def as_json(document: Document) -> Pieces:
    """The conversation as `GET /conversations/{id}` has it, with all its `messages`."""
    yield json_text(to_json(document.conversation)).removesuffix("}") + ',"messages":['
    comma = ""
    for message in _messages(document):
        yield comma + json_text(to_json(message))
        comma = ","
    yield "]}\n"


def web_vtt(document: Document) -> Pieces:
    """WebVTT (https://www.w3.org/TR/webvtt1/), with a voice for each speaker."""
    yield "WEBVTT\n"
    for start, end, message in _cues(document):
        voice = _html(_line(document.speaker(message)))
        yield f"\n{_stamp(start)} --> {_stamp(end)}\n<v {voice}>{_html(_line(message.shown_text))}</v>\n"


def sub_rip(document: Document) -> Pieces:
    """SubRip, which has no markup that all players know: the speaker stands before the words."""
    for number, (start, end, message) in enumerate(_cues(document), 1):
        said = f"{_line(document.speaker(message))}: {_line(message.shown_text)}".replace("-->", "→")
        yield f"{number}\n{_stamp(start, ',')} --> {_stamp(end, ',')}\n{said}\n\n"


class Format(NamedTuple):
    """`write` makes the pieces of the file, in order."""

    suffix: str
    media_type: str
    write: Callable[[Document], Pieces]


FormatName = Literal["markdown", "text", "json", "vtt", "srt"]
FORMATS: dict[FormatName, Format] = {
    "markdown": Format("md", "text/markdown", markdown),
    "text": Format("txt", "text/plain", text),
    "json": Format("json", "application/json", as_json),
    "vtt": Format("vtt", "text/vtt", web_vtt),
    "srt": Format("srt", "application/x-subrip; charset=utf-8", sub_rip),
}


def _messages(document: Document) -> Iterator[Message]:
    return chain.from_iterable(document.pages)


def _front_matter(of: Conversation) -> Pieces:
    fields = {
        "id": of.id,
        "title": of.shown_title,
        "started": time_text(of.started_at),
        "ended": time_text(of.ended_at),
        "wearable": of.session_name or of.omi_session_id,
        "category": of.category,
        "people": [one.name for one in of.participants] or None,
        "starred": of.starred or None,
    }
    yield "---\n"
    yield from (f"{name}: {_yaml(value)}\n" for name, value in fields.items() if value is not None)
    yield "---\n"


def _list(heading: str, items: list[str]) -> Pieces:
    if items:
        yield f"\n## {heading}\n\n" + "".join(f"- {item}\n" for item in items)


def _item(item: ActionItem) -> str:
    due = f"until {time_text(item.due_at)}" if item.due_at else None
    more = ", ".join(filter(None, (item.owner and _escaped(_line(item.owner)), due)))
    return f"[{'x' if item.done else ' '}] {_escaped(_line(item.text))}" + (f" ({more})" if more else "")


def _appointment(event: CalendarEvent) -> str:
    when = f"{time_text(event.starts_at)}: " if event.starts_at else ""
    what = filter(None, (event.title, event.description))
    return when + ". ".join(_escaped(_line(each)) for each in what)


def _cues(document: Document) -> Iterator[tuple[Millis, Millis, Message]]:
    """When each message begins and ends, since the conversation began. No cue begins before an earlier one."""
    began = least = 0
    for message in _messages(document):
        began = max(least, message.spoken_at - document.conversation.started_at)
        yield began, began + _length(message), message
        least = began


def _length(message: Message) -> Millis:
    if message.start is not None and message.end is not None and message.end > message.start:
        return max(1, round((message.end - message.start) * 1000))
    return max(SHORTEST, len(message.shown_text) * READING)


def _stamp(at: Millis, point: str = ".") -> str:
    seconds, millis = divmod(at, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{millis:03}"


def _since(of: Conversation, message: Message) -> str:
    """When the message was said, since the conversation began: `1:02:09`."""
    seconds = max(0, message.spoken_at - of.started_at) // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _line(said: str) -> str:
    """The text in one line, without signs that steer a terminal or turn the direction of what follows."""
    return " ".join(_STEERING.sub(" ", said).split())


def _escaped(said: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", said)


def _inert(summary: str) -> str:
    return _LOADS.sub(lambda found: 2 * found[1] + "\\" + found[2], summary)


def _html(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _yaml(value: object) -> str:
    """JSON, which is YAML too where it has no sign that cannot be printed."""
    plain = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in plain)
