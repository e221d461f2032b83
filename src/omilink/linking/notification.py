"""OMI's notification API, which shows a short message on the wearer's phone (docs/reference/omi.md: sending to the
wearer).

OMI accepts ten messages an hour for each user. When OMI refuses one, the user gets the reason in plain words.
"""

import asyncio
import re
from dataclasses import dataclass

import httpx2

from omilink.errors import OmilinkError, RateLimited, Unavailable

CONNECT, WHOLE = 3.0, 10.0
"""Seconds to connect, and seconds for the whole request."""
RETRY_AFTER = 60
LONGEST_WAIT = 3_600
"""Seconds. OMI limits by the hour, so that a longer wait can only come from a wrong clock."""


class NotReached(OmilinkError):
    """The message did not reach the phone, and why."""

    code = "not_reached"


_REFUSALS = {
    401: "OMI does not know this server's key. Tell the operator: OMILINK_OMI_API_KEY is not accepted.",
    403: "OMI sends nothing to this account. Install the app in the OMI app and try again, or say the sentence.",
    404: "OMI knows no such account or app. Check the uid, or say the sentence.",
}


@dataclass(frozen=True, slots=True)
class Notifications:
    """Sends messages for one OMI app."""

    url: str
    app_id: str
    api_key: str

    async def push(self, uid: str, message: str) -> None:
        """Shows the message on the phone of the uid's wearer. Raises NotReached, RateLimited, or Unavailable when OMI
        does not answer."""
        address = f"{self.url}/v2/integrations/{self.app_id}/notification"
        headers = {"Authorization": f"Bearer {self.api_key}"}
        params = {"uid": uid, "message": message}
        try:
            # httpx2's own timeouts are for each read; the body, which may never end, is not read at all
            async with (
                asyncio.timeout(WHOLE),
                httpx2.AsyncClient(timeout=httpx2.Timeout(WHOLE, connect=CONNECT)) as client,
                client.stream("POST", address, params=params, headers=headers) as answer,
            ):
                pass
        except (httpx2.HTTPError, TimeoutError):
            raise Unavailable("OMI does not answer now. Try again, or say the sentence.", RETRY_AFTER) from None
        if answer.status_code == 429:
            wait = _seconds(answer.headers.get("Retry-After"))
            minutes = -(-wait // 60)
            raise RateLimited(
                "OMI has sent this account as much as it may for now. Say the sentence, or wait for "
                f"{minutes} minute{'s' if minutes > 1 else ''} and try again.",
                wait,
            )
        if answer.status_code >= 500:
            raise Unavailable("OMI cannot send now. Try again, or say the sentence.", RETRY_AFTER)
        if not answer.is_success:
            raise NotReached(_REFUSALS.get(answer.status_code, "OMI refused to send it. Say the sentence instead."))


def _seconds(value: str | None) -> int:
    return min(int(value), LONGEST_WAIT) if value and re.fullmatch("[0-9]{1,9}", value) else RETRY_AFTER
