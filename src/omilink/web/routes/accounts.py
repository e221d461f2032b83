"""Routes of accounts: register, sign in and out, list and end sign-ins, change the password, delete the account."""

from contextlib import suppress

from fastapi import APIRouter
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omilink.accounts import rate_limits, signing_in
from omilink.accounts.signing_in import AuthenticatedUser
from omilink.conversations import history
from omilink.errors import RateLimited, WrongLogin
from omilink.live.bus import Hint
from omilink.models import emails
from omilink.models.json import Json, to_json
from omilink.models.password import check_password
from omilink.models.user import SignIn, User
from omilink.web.auth import COOKIE, CurrentUser, Services, check_origin, client_address, set_cookie
from omilink.web.schema import answers, fields

router = APIRouter(tags=["accounts"])


class Login(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    email: fields.Email
    password: fields.Password


class Password(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    password: fields.Password


class NewPassword(Password):
    new_password: fields.NewPassword


class Registration(Login):
    password: fields.NewPassword
    display_name: fields.Name | None = None


@router.post("/auth/register", status_code=201, responses=answers.of(answers.SignedIn, 201, refused=(403, 409, 429)))
async def register(request: Request, form: Registration, services: Services) -> Response:
    """Creates an account and signs in."""
    check_origin(request)
    user = signing_in.new_user(form.email, form.password, form.display_name, services.clock())
    await services.limits.spend((rate_limits.REGISTER, client_address(request)))
    password_hash, token = await services.passwords.hash(form.password), signing_in.new_secret()
    await services.store.write(lambda tx: signing_in.add(tx, user, password_hash, token, _client(request)))
    return _signed_in(request, user, token, 201)


@router.post("/auth/login", responses=answers.of(answers.SignedIn, refused=(401, 403, 429)))
async def login(request: Request, form: Login, services: Services) -> Response:
    """Signs in. A wrong password and an unknown email get the same answer."""
    check_origin(request)
    # counted for each network address, so that nobody can lock another user out
    who = f"{emails.email_to_find(form.email)} from {client_address(request)}"
    # before the password is hashed, so that parallel tries count as well
    await services.limits.spend((rate_limits.LOGIN, client_address(request)), (rate_limits.WRONG_LOGIN, who))
    found = await services.store.read(lambda tx: tx.user_by_email(form.email))
    matches = await _matches(services, (rate_limits.WRONG_LOGIN, who), found[1] if found else None, form.password)
    if not found or not matches:
        emails.check_seen(form.email)
        raise WrongLogin("Email or password is wrong.")
    (user, hashed), token = found, signing_in.new_secret()
    await _rehash(services, user, hashed, form.password)
    await services.store.write(lambda tx: signing_in.sign_in(tx, user, token, services.clock(), _client(request)))
    return _signed_in(request, user, token, 200)


@router.post("/auth/logout", responses=answers.of(answers.Done))
async def logout(who: CurrentUser, services: Services) -> Response:
    """Ends this sign-in and the streams that it opened."""
    await services.store.write(lambda tx: signing_in.sign_out(tx, who.token_hash))
    services.bus.publish([who.user.id], Hint.RIGHTS)
    return _without_cookie()


@router.get("/me", responses=answers.of(answers.Me))
async def me(who: CurrentUser, services: Services) -> Json:
    links = await services.store.read(lambda tx: tx.omi_links(who.user.id))
    return {"ok": True, "user": to_json(who.user), "omi_links": [to_json(link) for link in links]}


@router.get("/account/sessions", responses=answers.of(answers.SignIns))
async def sign_ins(who: CurrentUser, services: Services) -> Json:
    """Your sign-ins, the newest first."""
    found = await services.store.read(lambda tx: tx.sign_ins(who.user.id, tx.counted()))
    return {"ok": True, "sessions": [_shown(services, one, who) for one in found]}


@router.delete("/account/sessions/{sign_in_id}", responses=answers.of(answers.Done, refused=(404,)))
async def revoke(sign_in_id: str, who: CurrentUser, services: Services) -> Json:
    """Ends one sign-in and the streams that it opened."""
    await services.store.write(lambda tx: signing_in.revoke(tx, who, sign_in_id, tx.counted()))
    services.bus.publish([who.user.id], Hint.RIGHTS)
    return {"ok": True}


@router.delete("/account/sessions", responses=answers.of(answers.Revoked))
async def revoke_others(who: CurrentUser, services: Services) -> Json:
    """Ends all your sign-ins except this one."""
    count = await services.store.write(lambda tx: signing_in.revoke_others(tx, who, tx.counted()))
    services.bus.publish([who.user.id], Hint.RIGHTS)
    return {"ok": True, "revoked": count}


@router.post("/account/password", responses=answers.of(answers.Done, refused=(429,)))
async def change_password(request: Request, form: NewPassword, who: CurrentUser, services: Services) -> Json:
    """Changes the password and ends all other sign-ins."""
    check_password(form.new_password, "new_password")
    await _prove_password(request, services, who, form.password)
    password_hash = await services.passwords.hash(form.new_password)
    await services.store.write(lambda tx: signing_in.change_password(tx, who, password_hash, tx.counted()))
    services.bus.publish([who.user.id], Hint.RIGHTS)
    return {"ok": True}


@router.delete("/account", responses=answers.of(answers.Done, refused=(429,)))
async def delete_account(request: Request, form: Password, who: CurrentUser, services: Services) -> Response:
    """Deletes the account and everything in it for good. Its sessions are unlinked."""
    await _prove_password(request, services, who, form.password)
    moment = await services.moment()
    await services.store.write(lambda tx: history.remove_user(tx, who.user.id, moment))
    services.personal_urls.forget(who.user.id)
    services.bus.publish([who.user.id], Hint.RIGHTS)
    await services.store.scrub()
    return _without_cookie()


def _signed_in(request: Request, user: User, token: str, status: int) -> Response:
    response = JSONResponse({"ok": True, "session_token": token, "user": to_json(user)}, status)
    set_cookie(request, response, token)
    return response


def _without_cookie() -> Response:
    response = JSONResponse({"ok": True})
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


async def _prove_password(request: Request, services: Services, who: AuthenticatedUser, password: str) -> None:
    """Raises WrongLogin unless the password is the user's: a stolen token must not be enough for what follows. Wrong
    tries count as they do at sign-in."""
    tries = rate_limits.WRONG_LOGIN, f"{who.user.email} from {client_address(request)}"
    await services.limits.spend(tries)
    hashed = await services.store.read(lambda tx: tx.password_hash(who.user.id))
    if not await _matches(services, tries, hashed, password):
        raise WrongLogin("The password is wrong.")


async def _matches(services: Services, tries: tuple[rate_limits.Limit, str], hashed: str | None, password: str) -> bool:
    """Whether the password has this hash. A try counts only if the password is wrong."""
    try:
        matches = await services.passwords.matches(hashed, password)
    except RateLimited:
        await services.limits.give_back(*tries)
        raise
    if matches:
        await services.limits.give_back(*tries)
    return matches


async def _rehash(services: Services, user: User, hashed: str, password: str) -> None:
    """Replaces a hash of older parameters, now that the password is known. If too many hashes wait, a later sign-in
    replaces it."""
    with suppress(RateLimited):
        if better := await services.passwords.rehashed(hashed, password):
            await services.store.write(lambda tx: tx.rehash_password(user.id, hashed, better))


def _shown(services: Services, sign_in: SignIn, who: AuthenticatedUser) -> Json:
    expiring = replace(sign_in, expires_at=services.shown(sign_in.expires_at))
    return to_json(expiring) | {"current": sign_in.token_hash == who.token_hash}


def _client(request: Request) -> str | None:
    return request.headers.get("user-agent")
