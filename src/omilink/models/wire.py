"""How things look on the outside: the JSON of the contract, in camelCase, with times in ISO 8601."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from omilink.clock import Millis
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation
from omilink.models.event import Event
from omilink.models.message import Message
from omilink.models.omi_account import OmiLink
from omilink.models.session import OmiSession
from omilink.models.user import SignIn, User

Json = dict[str, Any]


def dumps(value: Json) -> str:
    return orjson.dumps(value).decode()


def time(at: Millis | None) -> str | None:
    """`2026-09-14T18:21:07.114Z`"""
    if at is None:
        return None
    return f"{_second(at // 1000)}.{at % 1000:03}Z"


@lru_cache(4096)  # words come many a second
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00")


def user(user: User) -> Json:
    return {
        "id": user.id,
        "email": user.email,
        "displayName": user.display_name,
        "createdAt": time(user.created_at),
    }


def sign_in(sign_in: SignIn, expires_at: Millis, *, current: bool) -> Json:
    return {
        "id": sign_in.id,
        "client": sign_in.client,
        "createdAt": time(sign_in.created_at),
        "expiresAt": time(expires_at),
        "current": current,
    }


def omi_link(link: OmiLink) -> Json:
    return {"omiUserId": link.uid, "isVerified": True, "verifiedAt": time(link.verified_at)}


def audited(entry: AuditEntry) -> Json:
    return {
        "at": time(entry.at),
        "actor": entry.actor,
        "requestId": entry.request_id,
        "rule": entry.rule,
        "proof": entry.proof,
        "sessionId": entry.session_id,
        "uid": entry.uid,
        "before": entry.before,
        "after": entry.after,
    }


def session(session: OmiSession, *, has_conversations: bool) -> Json:
    return {
        "id": session.omi_session_id,
        "linked": session.user_id is not None,
        "method": session.method,
        "linkedAt": time(session.linked_at),
        "lastSeenAt": time(session.last_seen_at),
        "hasConversations": has_conversations,
    }


def conversation(conversation: Conversation) -> Json:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "summary": conversation.summary,
        "createdAt": time(conversation.created_at),
        "startedAt": time(conversation.zero_at or conversation.created_at),
        "lastMessageAt": time(conversation.last_at),
        "order": conversation.last_order,
        "messageCount": conversation.message_count,
        "omiSessionKey": conversation.omi_session_id,
        "source": "omi",
    }


def message(message: Message) -> Json:
    """People's words have the role USER, the wearer's and everybody else's: who spoke is in `speaker` and `isUser`."""
    return {
        "id": message.id,
        "conversationId": message.conversation_id,
        "role": "USER",
        "text": message.text,
        "source": "omi",
        "createdAt": time(message.created_at),
        "spokenAt": time(message.spoken_at),
        "speaker": message.speaker,
        "isUser": message.is_user,
        "start": message.start,
        "end": message.end,
        "position": message.position,
        "seq": message.seq,
        "rev": message.rev,
    }


def event(user_id: str, type: str, conversation_id: str | None = None, **data: Any) -> Event:
    """An event of the contract for the user's streams; `conversation_id` when it carries that conversation's words."""
    return Event(user_id=user_id, conversation_id=conversation_id, data=dumps({"type": type, **data}))
