"""Who sends a request: the sign-in by its token (cookie or Bearer), the origin of the page, the network address."""

import random
import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from omilink import origins, turns
from omilink.accounts import signing_in
from omilink.accounts.signing_in import TOKEN_LIFE, AuthenticatedUser
from omilink.app import services as app_services
from omilink.errors import NotSignedIn, OriginNotAllowed
from omilink.models.audit import By
from omilink.origins import Origin
from omilink.web.addresses import network, plain
from omilink.web.headers import ADDED

COOKIE = "sid"
_Cookie = Annotated[
    str | None,
    Security(
        APIKeyCookie(
            name=COOKIE, scheme_name="cookie", description="Set by /auth/register and /auth/login.", auto_error=False
        )
    ),
]
_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(
        HTTPBearer(
            scheme_name="bearer", description="session_token of /auth/register and /auth/login.", auto_error=False
        )
    ),
]
"""Both describe the token in /openapi.json; `signed_in` reads it."""
EXPECTED_USER_HEADER = "X-Omilink-User"
"""Header with the user id that the client expects. The request is refused if somebody else is signed in."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
SAFE = {"GET", "HEAD", "OPTIONS"}


def services_of(connection: HTTPConnection) -> app_services.Services:
    found: app_services.Services = connection.app.services
    return found


async def signed_in(request: Request, response: Response, _bearer: _Bearer, _cookie: _Cookie) -> AuthenticatedUser:
    """The sign-in that the request's token belongs to. Using a sign-in prolongs it. Raises NotSignedIn or
    OriginNotAllowed."""
    token, by_cookie = _token(request)
    if by_cookie and request.method not in SAFE:
        check_origin(request)
    who = await _holder(request, token)
    services = services_of(request)
    at = services.counted()
    if signing_in.wants_renewal(who, at):
        await services.store.write(lambda tx: signing_in.renew(tx, who, at))
        if by_cookie:
            set_cookie(request, response, token)
    return who


async def signed_in_to_stream(request: Request, *, keep_ticket: bool = False) -> AuthenticatedUser:
    """The sign-in of a stream: also by `?ticket=`, which is good once, or by `?sid=`, because EventSource cannot send
    headers. `keep_ticket` leaves the ticket good. Raises NotSignedIn."""
    if ticket := request.query_params.get("ticket"):
        services = services_of(request)
        if keep_ticket:
            return await services.store.read(lambda tx: signing_in.look_at_ticket(tx, ticket, tx.counted()))
        who = await services.store.write(lambda tx: signing_in.redeem_ticket(tx, ticket, tx.counted()))
        turns.work_for(who.user.id)
        return who
    token = request.query_params.get("sid") or _token(request)[0]
    return await _holder(request, token)


def check_origin(request: Request) -> None:
    """Raises OriginNotAllowed if a browser sends the request for a page of another site, which must not act with the
    user's cookie. Programs that are no browsers send no Origin and are let through: they have no user's cookies."""
    shown = request.headers.get("origin")
    if shown is None and request.headers.get("sec-fetch-site") != "cross-site":
        return
    settings, host = services_of(request).settings, request.headers.get("host", "")
    page = _origin(shown)
    if page and (page.is_at(host) or page == _origin(settings.public_url)):
        return
    if shown is None or shown not in origins.allowed(settings.cors_origins):
        raise OriginNotAllowed(_why_not(page, host, settings.public_url))


def set_cookie(request: Request, response: Response, token: str) -> None:
    life = TOKEN_LIFE // 1000
    response.set_cookie(COOKIE, token, max_age=life, httponly=True, samesite="lax", secure=_https(request))


def address(request: Request) -> str:
    """The address at which the caller reaches this server, without a slash at its end."""
    return services_of(request).settings.public_url or str(request.base_url).rstrip("/")


def client_address(request: HTTPConnection) -> str:
    """For limits: the caller's IPv4 address, or the network of its IPv6 address."""
    return network(plain(request.client.host)) if request.client else "unknown"


def request_id(request: Request) -> str:
    """The request's name: the one that a proxy sends as X-Request-Id, or a new one."""
    shown = request.headers.get("x-request-id", "")
    # no secret, and the system's random numbers would let another thread run in the middle of every request
    return shown if _REQUEST_ID.fullmatch(shown) else random.randbytes(8).hex()


def by(request: Request, actor: str) -> By:
    """Who acts, for the audit. The answer names the request as the audit does."""
    name = request_id(request)
    request.scope[ADDED].append((b"x-request-id", name.encode()))
    return By(actor, name)


def bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _token(request: Request) -> tuple[str, bool]:
    token, cookie = bearer(request), request.cookies.get(COOKIE)
    if not token and _has_two_cookies(request):
        raise NotSignedIn(
            "The request has two different cookies named sid; a neighbouring site may have set one. Clear the cookies."
        )
    if not token and not cookie:
        raise NotSignedIn(
            "You are not signed in. Sign in, and send the session_token as cookie sid or as Bearer token."
        )
    return token or cookie or "", not token


def _has_two_cookies(request: Request) -> bool:
    pairs = [pair.strip() for header in request.headers.getlist("cookie") for pair in header.split(";")]
    return len({pair for pair in pairs if pair.startswith(f"{COOKIE}=")}) > 1


async def _holder(request: Request, token: str) -> AuthenticatedUser:
    services, fingerprint = services_of(request), signing_in.fingerprint(token)
    with turns.working_for(f"token {fingerprint}"):  # users at one address do not wait for each other
        who = await services.store.read(lambda tx: signing_in.holder(tx, fingerprint, tx.counted()))
    turns.work_for(who.user.id)
    # another user may have signed in in another tab, while the app still shows the first user's words
    if request.headers.get(EXPECTED_USER_HEADER, who.user.id) != who.user.id:
        raise NotSignedIn("Somebody else is signed in now. Sign in again.")
    return who


def _origin(address: str | None) -> Origin | None:
    """The origin of a URL or of an Origin header, None if it has none."""
    try:
        parts = urlsplit(address or "")
        return origins.parse(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return None


def _why_not(page: Origin | None, host: str, public_url: str | None) -> str:
    public = _origin(public_url)
    if page and page.is_named_like(host, public):
        known = f"OMILINK_PUBLIC_URL is {public_url}" if public_url else f"this server was called as {host}"
        return f"The page is at {page}, and {known}. The operator can set OMILINK_PUBLIC_URL={page}."
    if page and not public:
        return (
            f"A page of {page} may not act for you. The operator can set OMILINK_PUBLIC_URL if that is this server's "
            "own address, and add it to OMILINK_CORS_ORIGINS if it is another site that may."
        )
    return "This page may not act for you. The operator can allow it with OMILINK_CORS_ORIGINS."


def _https(request: Request) -> bool:
    public_url = services_of(request).settings.public_url
    return request.url.scheme == "https" or bool(public_url and public_url.startswith("https:"))


def _by(request: Request, who: "CurrentUser") -> By:
    return by(request, who.user.id)


CurrentUser = Annotated[AuthenticatedUser, Depends(signed_in)]
Actor = Annotated[By, Depends(_by)]
Services = Annotated[app_services.Services, Depends(services_of)]
