"""Routes that link an OMI account: start, resend, confirm, list, take earlier conversations along, unlink."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from starlette.requests import Request

from omilink.accounts import rate_limits
from omilink.accounts.signing_in import AuthenticatedUser
from omilink.clock import Millis
from omilink.database.store import Transaction
from omilink.errors import OmilinkError, WrongCode
from omilink.linking import omi_accounts
from omilink.linking.omi_accounts import NUMBER_DIGITS, Started
from omilink.models.ids import check_id
from omilink.models.json import Json, time_text, to_json
from omilink.models.omi_account import OmiLink
from omilink.web.auth import Actor, CurrentUser, Services, client_address
from omilink.web.schema import answers, fields

router = APIRouter(prefix="/link/omi", tags=["OMI accounts"])


class Account(BaseModel):
    omi_user_id: fields.Id


class Start(Account):
    bring_earlier: StrictBool = True


class Code(Account):
    model_config = ConfigDict(hide_input_in_errors=True)

    code: StrictStr | Annotated[StrictInt, Field(ge=0, lt=10**NUMBER_DIGITS), fields.AS_WHOLE]

    @property
    def digits(self) -> str:
        """The digits as the phone shows them: a JSON number has lost its leading zeros."""
        return str(self.code).zfill(NUMBER_DIGITS)


class TakeEarlier(Account):
    bring: StrictBool


@router.post("/start", responses=answers.of(answers.OmiLinkStart, refused=(429,)))
async def start(request: Request, form: Start, who: CurrentUser, me: Actor, services: Services) -> Json:
    """Asks for a proof that an OMI account is yours: a sentence to say into the wearable, and a number to type if this
    server can reach its phone. Each is valid once and for ten minutes."""
    await _spend_start(request, services, who)
    moment = await services.moment()
    started = await services.store.write(
        lambda tx: omi_accounts.start(
            tx,
            form.omi_user_id,
            who.user.id,
            moment,
            me,
            by_phone=services.notifications is not None,
            include_earlier=form.bring_earlier,
        )
    )
    services.bus.publish(started.woken)
    return {"ok": True, "say": started.say, **await _push(services, form.omi_user_id, started)}


@router.post("/resend", responses=answers.of(answers.OmiPush, refused=(404, 429)))
async def resend(request: Request, form: Account, who: CurrentUser, services: Services) -> Json:
    """Sends a new number to the phone, which replaces the number before. The sentence stays valid."""
    await _spend_start(request, services, who)
    at = services.clock()
    started = await services.store.write(lambda tx: omi_accounts.renew_number(tx, form.omi_user_id, who.user.id, at))
    return {"ok": True, **await _push(services, form.omi_user_id, started)}


@router.post("/confirm", responses=answers.of(answers.OneOmiAccount, refused=(403, 429)))
async def confirm(request: Request, form: Code, who: CurrentUser, me: Actor, services: Services) -> Json:
    """Proves that an OMI account is yours with the number from the phone. All numbers that prove nothing get the same
    answer."""
    address = client_address(request)
    await services.limits.spend((rate_limits.CONFIRM, who.user.id), (rate_limits.CONFIRM_FROM, address))
    uid, moment = check_id(form.omi_user_id, "omi_user_id"), await services.moment()
    woken = await services.store.write(
        lambda tx: omi_accounts.confirm(tx, uid, who.user.id, form.digits, address, moment, me)
    )
    if woken is None:
        raise WrongCode(
            "This number proves nothing: it is wrong, used or older than ten minutes. Look at the phone again, ask for "
            "another one with POST /link/omi/resend, or say the sentence."
        )
    services.bus.publish(woken)
    return await _link(services, who, uid, moment.at)


@router.get("", responses=answers.of(answers.OmiAccounts))
async def mine(who: CurrentUser, services: Services) -> Json:
    """Your OMI accounts, the proofs that you were asked for, and whether this server can send numbers to phones."""
    at = services.clock()

    def look(tx: Transaction) -> Json:
        links = [_shown(tx, link, at) for link in tx.omi_links(who.user.id)]
        pending = [
            {
                "omiUserId": one.uid,
                "say": one.say,
                "heard": one.heard,
                "expiresAt": time_text(services.shown(one.expires_at)),
            }
            for one in tx.challenges_of(who.user.id, tx.counted())
            if one.used_at is None
        ]
        return {"ok": True, "omi_links": links, "pending": pending, "canPush": services.notifications is not None}

    return await services.store.read(look)


@router.post("/earlier", responses=answers.of(answers.OneOmiAccount, refused=(404,)))
async def earlier(form: TakeEarlier, who: CurrentUser, me: Actor, services: Services) -> Json:
    """Adds the unlinked conversations of the day before the link to your history, or takes them out of it again."""
    moment, move = await services.moment(), omi_accounts.bring_earlier if form.bring else omi_accounts.leave_earlier
    count = await services.store.write(lambda tx: move(tx, form.omi_user_id, who.user.id, moment, me))
    services.bus.publish([who.user.id])
    return await _link(services, who, form.omi_user_id, moment.at) | {"moved": count}


@router.delete("/unlink/{omi_user_id}", responses=answers.of(answers.Done, refused=(404,)))
async def unlink(omi_user_id: fields.PathId, who: CurrentUser, me: Actor, services: Services) -> Json:
    """Unlinks an OMI account and the sessions that were linked by it. Saved conversations stay yours."""
    moment = await services.moment()
    await services.store.write(lambda tx: omi_accounts.unlink(tx, omi_user_id, who.user.id, moment, me))
    services.bus.publish([who.user.id])
    return {"ok": True}


async def _spend_start(request: Request, services: Services, who: AuthenticatedUser) -> None:
    """Counts a start for the user and the network, not for the uid, so that no stranger can keep a wearer from
    starting. What the phone receives has a limit of its own."""
    await services.limits.spend((rate_limits.START, who.user.id), (rate_limits.START_FROM, client_address(request)))


async def _push(services: Services, uid: str, started: Started) -> Json:
    """Sends the number to the phone, if there is one. The answer says whether it was sent, and if not, why."""
    why = None
    if started.number and services.notifications:
        try:
            await services.limits.spend((rate_limits.PUSH, uid))
            await services.notifications.push(
                uid, f"omilink: {started.number} links your wearable, for 10 minutes. Not you? Then do nothing."
            )
        except OmilinkError as error:
            why = error.message
    pushed = bool(started.number and services.notifications and not why)
    return {"pushed": pushed, "notPushed": why, "expiresAt": time_text(services.shown(started.expires_at))}


async def _link(services: Services, who: AuthenticatedUser, uid: str, at: Millis) -> Json:
    def look(tx: Transaction) -> Json:
        return {"ok": True, "omi_link": _shown(tx, omi_accounts.find(tx, uid, who.user.id), at)}

    return await services.store.read(look)


def _shown(tx: Transaction, link: OmiLink, at: Millis) -> Json:
    return to_json(link) | {"proof": link.proof, "earlier": _earlier(tx, link, at)}


def _earlier(tx: Transaction, link: OmiLink, at: Millis) -> Json:
    found = omi_accounts.earlier(tx, link, at)
    return {
        name: {"conversations": len(some), "since": time_text(min((one.created_at for one in some), default=None))}
        for name, some in (("waiting", found.waiting), ("brought", found.brought))
    }
