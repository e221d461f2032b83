"""Routes for an operator's own programs: a shop's backend issues a device's session to the user who buys it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, StrictInt, StrictStr
from starlette.requests import Request

from omilink.accounts import signing_in
from omilink.database.store import Transaction
from omilink.errors import Invalid
from omilink.linking import session_ids, sessions
from omilink.models.audit import OPERATOR, By
from omilink.models.json import Json, to_json
from omilink.models.session import OmiSession, Session
from omilink.models.user import User
from omilink.web.auth import Services, by, check_origin
from omilink.web.routes.operations import check_operator
from omilink.web.schema import answers, fields

MOST = 100
"""Sessions that one request can issue. They are written in one transaction, for which calls of devices wait."""

router = APIRouter(prefix="/admin", tags=["admin"])

_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(
        HTTPBearer(scheme_name="operator", description="The file operator_token of the data folder.", auto_error=False)
    ),
]
"""Describes the token in /openapi.json; `check_operator` reads it."""


def _operator(request: Request, services: Services, _bearer: _Bearer) -> By:
    check_origin(request)  # pages of other sites must not act with the operator's token
    check_operator(request, services)
    return by(request, OPERATOR.actor)


Operator = Annotated[By, Depends(_operator)]


class Issue(BaseModel):
    """The user: `user`, an id, or `email`. The sessions: the one in `session_id`, or `count` new ones."""

    user: StrictStr | None = None
    email: fields.Email | None = None
    iss: StrictStr | None = None
    sub: StrictStr | None = None
    session_id: fields.IdOrNumber | None = None
    count: Annotated[StrictInt, Field(ge=1, le=MOST), fields.AS_WHOLE] = 1


@router.post("/sessions", responses=answers.of(answers.IssuedSessions, refused=(404, 409)))
async def issue(form: Issue, operator: Operator, services: Services) -> Json:
    """Issues sessions to a user. They are linked before the first call of the device."""
    ids, moment = _session_ids(form), await services.moment()

    def issue(tx: Transaction) -> tuple[User, list[OmiSession], dict[str, int]]:
        user = _user(tx, form)
        issued = sessions.issue(tx, ids, user.id, moment, operator)
        return user, issued, tx.messages_saved([session.id for session in issued], user.id)

    user, issued, saved = await services.store.write(issue)
    services.bus.publish([user.id])
    issued_ones = (Session.of(session, has_conversations=bool(saved.get(session.id))) for session in issued)
    shown = [to_json(session) for session in issued_ones]
    return {"ok": True, "sessions": shown}


def _session_ids(form: Issue) -> list[str]:
    if form.session_id is None:
        return [session_ids.new_session_id() for _ in range(form.count)]
    if form.count > 1:
        raise Invalid("session_id names one session, but count asks for several. Send only one of them.")
    return [session_ids.check_hard_to_guess(str(form.session_id))]


def _user(tx: Transaction, form: Issue) -> User:
    if form.iss is not None or form.sub is not None:
        raise Invalid("This server cannot find users by iss and sub yet. Name the user by user, an id, or by email.")
    if (form.user is None) == (form.email is None):
        raise Invalid("Name the user once: either by user, an id, or by email.")
    return signing_in.find(tx, form.email) if form.email is not None else signing_in.find_by_id(tx, form.user or "")
