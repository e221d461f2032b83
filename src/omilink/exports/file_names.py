"""Names of the files that users take along: the same for the same conversation and title, and valid on every system."""

import re
import unicodedata

from omilink.models.conversation import Conversation
from omilink.models.json import time_text

LONGEST_TITLE = 120
"""Bytes. The whole name has to stay below the 255 bytes that most file systems allow."""
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*#^\[\]]')
"""What Windows refuses, and what has a meaning in the links of Obsidian."""
UNTITLED = "Conversation"


def file_name(conversation: Conversation, suffix: str) -> str:
    """Such as `2026-11-24 Bike frame ready on Thursday 8f2487.md`. The day is that of the beginning, in UTC; the end of
    the id keeps conversations of one title apart."""
    day = (time_text(conversation.started_at) or "")[:10]
    return f"{day} {_plain(conversation.shown_title or '') or UNTITLED} {conversation.id[-6:]}.{suffix}"


def _plain(title: str) -> str:
    """The title without what a file name may not have, at most LONGEST_TITLE bytes long, cut before a character."""
    normal = unicodedata.normalize("NFC", title)
    seen = "".join(c if c.isprintable() else " " for c in _NOT_IN_NAMES.sub(" ", normal))
    words = " ".join(seen.split())
    cut = words.encode()[:LONGEST_TITLE].decode(errors="ignore")
    if len(cut) < len(words):
        cut = cut.rpartition(" ")[0] or cut
    return cut.strip(" .")
