"""What forms and addresses take, described for /openapi.json where the product checks it and says what is wrong."""

from typing import Annotated, Any

from pydantic import BeforeValidator, StrictInt, StrictStr, WithJsonSchema

from omilink.models.ids import PLACEHOLDERS, VISIBLE
from omilink.models.password import PASSWORD_LENGTH


def _pattern() -> str:
    """Of an id that `check_id` takes. JSON Schema knows no way to say that the case of letters does not matter."""
    any_case = "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in PLACEHOLDERS)
    return f"^(?!({any_case})$){VISIBLE}$"


ID: dict[str, Any] = {"type": "string", "pattern": _pattern()}


def _whole(value: Any) -> Any:
    """5.0 is the whole number 5 in JSON. A larger one may have been rounded on its way, and then it is another id."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53 else value


def _text(**more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **more})


AS_WHOLE = BeforeValidator(_whole)
Id = Annotated[StrictStr, WithJsonSchema(ID)]
PathId = Annotated[str, WithJsonSchema(ID)]
IdOrNumber = Annotated[StrictStr | StrictInt, WithJsonSchema(ID)]
"""An id is text. Devices that write it as a number are understood, as at the webhook: a whole number is its digits, and
one with a point or an exponent is no id."""
Email = Annotated[StrictStr, _text(format="idn-email")]
Password = Annotated[StrictStr, _text(format="password")]
NewPassword = Annotated[
    StrictStr, _text(format="password", minLength=PASSWORD_LENGTH[0], maxLength=PASSWORD_LENGTH[-1])
]
Name = Annotated[StrictStr, _text(pattern=r"^[^\u0000]*$")]
