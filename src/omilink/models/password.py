"""The normal form of passwords, which is hashed, and which passwords are acceptable."""

import unicodedata

from omilink.errors import Invalid

PASSWORD_LENGTH = range(8, 1025)


def normal_password(password: str) -> str:
    """The same text from every keyboard: NFKC (NIST SP 800-63B, section 3.1.1.2). A text that is too long to be a
    password stays as it is, since composing takes long."""
    return unicodedata.normalize("NFKC", password) if len(password) in range(PASSWORD_LENGTH.stop) else password


def check_password(password: str, field: str = "password") -> None:
    """Raises Invalid unless the text is acceptable as a new password."""
    if len(normal_password(password)) not in PASSWORD_LENGTH or len(password) not in range(PASSWORD_LENGTH.stop):
        raise Invalid(f"The {field} must have {PASSWORD_LENGTH[0]} to {PASSWORD_LENGTH[-1]} characters.")
