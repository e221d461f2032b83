"""What does not fit in a request, in sentences that name the field and say what to send. Pure."""

from collections.abc import Iterable
from typing import Any

SENTENCES = {
    "missing": "is missing",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "enum": "must be {expected}",
    "extra_forbidden": "is not known here: leave it out",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than_equal": "must be a whole number, {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number with fewer digits",
    "int_type": "must be a whole number",
    "less_than": "must be a whole number below {lt}",
    "less_than_equal": "must be a whole number, {le} or less",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "string_unicode": "must be text without half characters",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "value_error": "{error}",
}
"""The kinds of mistakes that pydantic finds; its documentation has what stands in braces."""
MUST_BE = "must be "


def sentences(mistakes: Iterable[dict[str, Any]]) -> str:
    """A sentence for each field. It holds no value that was sent: one may be a password or spoken words."""
    by_field: dict[str, dict[str, None]] = {}
    for mistake in mistakes:
        by_field.setdefault(_field(mistake["loc"]), {})[_said(mistake)] = None
    return " ".join(f"{field} {_either(list(said))}." for field, said in by_field.items())


def _field(place: tuple[str | int, ...]) -> str:
    """`place` begins with the part of the request. What follows the field is an entry of a list, or a type."""
    if len(place) < 2:
        return "The body"
    is_entry = len(place) > 2 and isinstance(place[2], int)
    return f'Entry {int(place[2]) + 1} of "{place[1]}"' if is_entry else f'"{place[1]}"'


def _said(mistake: dict[str, Any]) -> str:
    return SENTENCES.get(mistake["type"], "is not valid").format(**mistake.get("ctx", {}))


def _either(said: list[str]) -> str:
    """A field that may have several types has a mistake for each of them."""
    return " or ".join([said[0], *(other.removeprefix(MUST_BE) for other in said[1:])])
