"""What becomes of a corrected text when the segment that was misheard grows. Pure."""

import re

_WORD = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|\\w+")  # some scripts write no spaces between words


def continued(corrected: str, heard: str, now: str) -> str:
    """The corrected text of a segment that was `heard` and reads differently `now`. If it goes on where it ended, the
    new words are added; if it was only heard differently, the correction stays as it is. The last word may have been
    cut off when it was heard."""
    before, after = list(_WORD.finditer(heard)), list(_WORD.finditer(now))
    last = len(before) - 1
    if last < 0 or len(after) <= len(before):
        return corrected
    words, known = _texts(before), _texts(after)[: last + 1]
    if words[:last] != known[:last] or not known[last].startswith(words[last]):
        return corrected
    between, rest = now[after[last].end() : after[last + 1].start()], now[after[last + 1].start() :]
    if not corrected[-1:].isalnum():
        between = " " if any(map(str.isspace, between)) else ""
    return corrected + between + rest


def _texts(words: list[re.Match[str]]) -> list[str]:
    return [word.group().casefold() for word in words]
