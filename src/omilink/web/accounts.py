"""Signing up, in and out."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omilink import accounts, limits, wire
from omilink.errors import WrongLogin
from omilink.model import User
from omilink.ports import Hint
from omilink.web.auth import COOKIE, The, Who, check_origin, client_address, set_cookie

router = APIRouter(tags=["accounts"])


class Login(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    email: str
    password: str


class Registration(Login):
    display_name: str | None = None


@router.post("/auth/register", status_code=201)
async def register(request: Request, form: Registration, the: The) -> Response:
    """Makes an account and signs in."""
    check_origin(request)
    user = accounts.new_user(form.email, form.password, form.display_name, the.clock())
    await the.limits.spend((limits.REGISTER, client_address(request)))
    password_hash, token = await the.passwords.hash(form.password), accounts.new_secret()
    await the.store.write(lambda tx: accounts.add(tx, user, password_hash, token))
    return _signed_in(request, user, token, 201)


@router.post("/auth/login")
async def login(request: Request, form: Login, the: The) -> Response:
    """Signs in. A wrong password and an unknown email are answered alike."""
    check_origin(request)
    email = accounts.normal_email(form.email)
    who = f"{email} from {client_address(request)}"  # by address, so that nobody can lock somebody else out
    # before the slow part, so that parallel tries count as well
    await the.limits.spend((limits.LOGIN, client_address(request)), (limits.WRONG_LOGIN, who))
    found = await the.store.read(lambda tx: tx.user_by_email(email))
    matches = await the.passwords.matches(found[1] if found else None, form.password)
    if not found or not matches:
        raise WrongLogin("Email or password is wrong.")
    await the.limits.give_back(limits.WRONG_LOGIN, who)
    user, token = found[0], accounts.new_secret()
    await the.store.write(lambda tx: accounts.sign_in(tx, user, token, the.clock()))
    return _signed_in(request, user, token, 200)


@router.post("/auth/logout")
async def logout(who: Who, the: The) -> Response:
    """Ends this sign-in, and the streams that it opened."""
    await the.store.write(lambda tx: accounts.sign_out(tx, who.token_hash))
    the.bus.publish([who.user.id], Hint.RIGHTS)
    response = JSONResponse({"ok": True})
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.get("/me")
async def me(who: Who, the: The) -> wire.Json:
    uids = await the.store.read(lambda tx: tx.verified_uids(who.user.id))
    links = [{"omiUserId": uid, "isVerified": True, "verifiedAt": wire.time(at)} for uid, at in uids]
    return {"ok": True, "user": wire.user(who.user), "omi_links": links}


def _signed_in(request: Request, user: User, token: str, status: int) -> Response:
    response = JSONResponse({"ok": True, "session_token": token, "user": wire.user(user)}, status)
    set_cookie(request, response, token)
    return response
