"""Types of the values in forms and addresses. The use cases check most of them, so that errors say what is wrong; here
/openapi.json gets their descriptions."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StrictInt, StrictStr, WithJsonSchema

from omilink.conversations.action_items import LONGEST_ITEM
from omilink.conversations.editing import LONGEST_TITLE
from omilink.conversations.people import LONGEST_NAME
from omilink.linking import sessions
from omilink.models.ids import PLACEHOLDERS, VISIBLE
from omilink.models.message import MAX_TEXT
from omilink.models.password import PASSWORD_LENGTH


def _pattern() -> str:
    """The pattern of an id that `check_id` accepts. A pattern in JSON Schema cannot ignore the case of letters."""
    any_case = "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in PLACEHOLDERS)
    return f"^(?!({any_case})$){VISIBLE}$"


ID: dict[str, Any] = {"type": "string", "pattern": _pattern()}


def _whole(value: Any) -> Any:
    """5.0 is the whole number 5 in JSON. From 2^53 on a number may have been rounded on its way, to another id."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53 else value


def _time(value: str) -> str:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not 1990 < time.year < 2200:
        raise ValueError("must be a time with its zone between 1991 and 2199, such as 2026-10-14T18:00:00Z")
    return value


def shaped(pattern: str, must: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Text that has to match the pattern; `must` says so in words."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(must)
        return value

    return AfterValidator(check), _text(pattern=pattern)


def _text(**more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **more})


AS_BEFORE = "must be nextCursor of the page before, or be left out"
AS_WHOLE = BeforeValidator(_whole)
Id = Annotated[StrictStr, WithJsonSchema(ID)]
PathId = Annotated[str, WithJsonSchema(ID)]
IdOrNumber = Annotated[StrictStr | StrictInt, WithJsonSchema(ID)]
"""An id is text. Some devices send it as a number: a whole number means its digits, as at the webhook; a number with a
point or an exponent is no id."""
Email = Annotated[StrictStr, _text(format="idn-email")]
Password = Annotated[StrictStr, _text(format="password")]
NewPassword = Annotated[
    StrictStr, _text(format="password", minLength=PASSWORD_LENGTH[0], maxLength=PASSWORD_LENGTH[-1])
]
NO_NUL = r"^[^\u0000]*$"
Name = Annotated[StrictStr, _text(pattern=NO_NUL)]
Title = Annotated[StrictStr, _text(pattern=NO_NUL, maxLength=LONGEST_TITLE)]
SessionName = Annotated[StrictStr, _text(pattern=NO_NUL, maxLength=sessions.LONGEST_NAME)]
MessageText = Annotated[StrictStr, _text(pattern=NO_NUL, minLength=1, maxLength=MAX_TEXT)]
ItemText = Annotated[StrictStr, _text(pattern=NO_NUL, minLength=1, maxLength=LONGEST_ITEM)]
PersonName = Annotated[StrictStr, _text(pattern=NO_NUL, minLength=1, maxLength=LONGEST_NAME)]
Time = Annotated[StrictStr, AfterValidator(_time), _text(format="date-time")]
"""A time with its zone, as RFC 3339 has it."""
