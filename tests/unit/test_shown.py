"""The JSON of the contract, to the letter, and what a noun's declaration says of it."""

from typing import Annotated, Any, get_args

import pytest
from msgspec import Struct, json, structs

from omilink.clock import Millis
from omilink.models import event
from omilink.models.action_item import ListedItem
from omilink.models.audit import AuditEntry
from omilink.models.conversation import Conversation
from omilink.models.day_summary import DayItem, DaySummary, Highlight
from omilink.models.declaration import Erased, Shown, ShownAs, erased_columns, parts, plain
from omilink.models.event import Content
from omilink.models.json import event_text, json_text, to_json
from omilink.models.message import NOBODY, Message, Segment, Speech
from omilink.models.omi_account import OmiLink, Proof
from omilink.models.person import Person
from omilink.models.recording import NotKept, Recording
from omilink.models.session import Health, Jobs, Method, OmiSession, Session, UnlinkReason
from omilink.models.summary import ActionItem, CalendarEvent, Details, Participant, Section
from omilink.models.user import SignIn, User
from omilink.models.whole import MessageOfPart, Whole

AT = 1_789_410_067_114
MESSAGE = Message(
    conversation_id="c",
    seq=3,
    key="id:k",
    text="Où est 🔑 \"'\\?",
    speaker="SPEAKER_1",
    is_user=True,
    person_id="ida",
    start=1.5,
    end=2.25,
    position=1.5,
    rev=2,
    created_at=AT,
    spoken_at=AT - 1114,
    versions="v1 v2",
)
UNPLACED = structs.replace(MESSAGE, seq=1, text="yes", speaker=None, is_user=False, start=None, end=None, position=0.0)
CONVERSATION = Conversation(
    id="c",
    session_key="shared/kitchen",
    user_id="ada",
    title="Où",
    summary="s",
    created_at=AT,
    zero_at=AT - 60_000,
    last_at=AT + 5,
    last_order=9,
    message_count=3,
)
BEGUN = Conversation(id="c", session_key="ada/kitchen", user_id=None, created_at=AT, last_at=AT)
USER = User(id="u", email="ada@example.org", display_name="Ada", created_at=AT)
SIGN_IN = SignIn(token_hash="0123456789abcdef0123", created_at=AT, expires_at=AT, client=None)
LINK = OmiLink(uid="omi", user_id="u", proof=Proof.SPOKEN, verified_at=AT)
ENTRY = AuditEntry(
    at=AT,
    actor="u",
    request_id=None,
    rule="r",
    proof="spoken",
    session_key="shared/k",
    uid="omi",
    before=None,
    after="u",
)
OWNED = OmiSession(
    omi_session_id="kitchen", user_id="ada", method=Method.UID, linked_at=AT, last_seen_at=0, created_at=AT
)
GOLDEN: list[tuple[Struct, str]] = [
    (
        MESSAGE,
        '{"id":"c.3","conversationId":"c","role":"USER","text":"Où est 🔑 \\"\'\\\\?","source":"omi",'
        '"createdAt":"2026-09-14T18:21:07.114Z","spokenAt":"2026-09-14T18:21:06.000Z","speaker":"SPEAKER_1",'
        '"isUser":true,"personId":"ida","start":1.5,"end":2.25,"position":1.5,"seq":3,"rev":2,"edited":false}',
    ),
    (
        UNPLACED,
        '{"id":"c.1","conversationId":"c","role":"USER","text":"yes","source":"omi",'
        '"createdAt":"2026-09-14T18:21:07.114Z","spokenAt":"2026-09-14T18:21:06.000Z","speaker":null,'
        '"isUser":false,"personId":"ida","start":null,"end":null,"position":0.0,"seq":1,"rev":2,"edited":false}',
    ),
    (
        MESSAGE.corrected("Où est la clé ?"),
        '{"id":"c.3","conversationId":"c","role":"USER","text":"Où est la clé ?","source":"omi",'
        '"createdAt":"2026-09-14T18:21:07.114Z","spokenAt":"2026-09-14T18:21:06.000Z","speaker":"SPEAKER_1",'
        '"isUser":true,"personId":"ida","start":1.5,"end":2.25,"position":1.5,"seq":3,"rev":3,"edited":true}',
    ),
    (
        CONVERSATION,
        '{"id":"c","title":"Où","titleSource":"words","summary":"s","createdAt":"2026-09-14T18:21:07.114Z",'
        '"startedAt":"2026-09-14T18:20:07.114Z","endedAt":"2026-09-14T18:21:07.119Z",'
        '"lastMessageAt":"2026-09-14T18:21:07.119Z","order":9,"messageCount":3,"omiConversationId":null,'
        '"emoji":null,"category":null,"repairedCount":0,"starred":false,"sessionName":null,"sections":[],'
        '"actionItems":[],"participants":[],"events":[],"translatedInto":[],"omiSessionKey":"kitchen","source":"omi"}',
    ),
    (
        BEGUN,
        '{"id":"c","title":null,"titleSource":"words","summary":null,"createdAt":"2026-09-14T18:21:07.114Z",'
        '"startedAt":"2026-09-14T18:21:07.114Z","endedAt":"2026-09-14T18:21:07.114Z",'
        '"lastMessageAt":"2026-09-14T18:21:07.114Z","order":0,"messageCount":0,"omiConversationId":null,'
        '"emoji":null,"category":null,"repairedCount":0,"starred":false,"sessionName":null,"sections":[],'
        '"actionItems":[],"participants":[],"events":[],"translatedInto":[],"omiSessionKey":"kitchen","source":"omi"}',
    ),
    (
        structs.replace(
            BEGUN,
            user_title="Mine",
            omi_title="OMI's",
            omi_id="o",
            emoji="🎹",
            category="family",
            details=Details(
                sections=[Section(heading="H", text="- *t*", message_ids=["c.1"])],
                action_items=[ActionItem(id="i", text="do", done=True, due_at=AT, owner="Jo", is_ticked=True)],
                participants=[Participant(name="Ruben")],
                events=[CalendarEvent(title="Van", starts_at=AT, minutes=60)],
            ).text(),
            repaired_count=2,
            starred=True,
        ),
        '{"id":"c","title":"Mine","titleSource":"user","summary":null,"createdAt":"2026-09-14T18:21:07.114Z",'
        '"startedAt":"2026-09-14T18:21:07.114Z","endedAt":"2026-09-14T18:21:07.114Z",'
        '"lastMessageAt":"2026-09-14T18:21:07.114Z","order":0,"messageCount":0,"omiConversationId":"o",'
        '"emoji":"🎹","category":"family","repairedCount":2,"starred":true,"sessionName":null,'
        '"sections":[{"heading":"H","text":"- *t*","messageIds":["c.1"]}],"actionItems":[{"id":"c.i","text":"do",'
        '"done":true,"dueAt":"2026-09-14T18:21:07.114Z","owner":"Jo","messageIds":[]}],'
        '"participants":[{"name":"Ruben","personId":null}],"events":[{"title":"Van","description":null,'
        '"startsAt":"2026-09-14T18:21:07.114Z","minutes":60}],"translatedInto":[],"omiSessionKey":"kitchen","source":"omi"}',
    ),
    (
        OWNED,
        '{"id":"kitchen","linked":true,"method":"uid","linkedAt":"2026-09-14T18:21:07.114Z",'
        '"lastSeenAt":"1970-01-01T00:00:00.000Z"}',
    ),
    (USER, '{"id":"u","email":"ada@example.org","displayName":"Ada","createdAt":"2026-09-14T18:21:07.114Z"}'),
    (
        SIGN_IN,
        '{"id":"0123456789abcdef","client":null,"createdAt":"2026-09-14T18:21:07.114Z",'
        '"expiresAt":"2026-09-14T18:21:07.114Z"}',
    ),
    (LINK, '{"omiUserId":"omi","isVerified":true,"verifiedAt":"2026-09-14T18:21:07.114Z"}'),
    (
        ENTRY,
        '{"at":"2026-09-14T18:21:07.114Z","actor":"u","requestId":null,"rule":"r","proof":"spoken",'
        '"sessionId":"shared/k","uid":"omi","before":null,"after":"u"}',
    ),
]


@pytest.mark.parametrize(("noun", "text"), GOLDEN)
def test_the_json_of_a_noun_is_that_of_the_contract(noun: Struct, text: str) -> None:
    assert json_text(to_json(noun)) == text


MESSAGE_JSON, CONVERSATION_JSON = (json_text(to_json(noun)) for noun in (MESSAGE, CONVERSATION))
SESSION_JSON = json_text(to_json(OWNED))[:-1] + ',"hasConversations":true}'
OF_CONVERSATION = f'"conversationId":"c","conversation":{CONVERSATION_JSON}'
SESSION = Session.of(OWNED, has_conversations=True)
CURRENT: dict[str, Any] = {
    "conversation": CONVERSATION,
    "messages": [MESSAGE],
    "session_id": "kitchen",
    "cursor": "x.1",
}
EVENTS: list[tuple[Content, str]] = [
    (event.Connected(cursor="x.1", resumed=True), '{"type":"connected","cursor":"x.1","resumed":true}'),
    (event.Reset(reason="cursor_too_old"), '{"type":"reset","reason":"cursor_too_old"}'),
    (
        event.Update(**CURRENT),
        f'{{"type":"update","ok":true,"conversation":{CONVERSATION_JSON},"messages":[{MESSAGE_JSON}],'
        '"sessionId":"kitchen","cursor":"x.1"}',
    ),
    (
        event.Update(conversation=None, messages=[], session_id=None, cursor="x.0"),
        '{"type":"update","ok":true,"conversation":null,"messages":[],"sessionId":null,"cursor":"x.0"}',
    ),
    (event.CaughtUp(), '{"type":"caught_up"}'),
    (event.ConversationChanged(conversation=CONVERSATION), f'{{"type":"conversation_changed",{OF_CONVERSATION}}}'),
    (
        event.NewMessages(conversation=CONVERSATION, messages=[MESSAGE]),
        f'{{"type":"new_messages",{OF_CONVERSATION},"messages":[{MESSAGE_JSON}]}}',
    ),
    (
        event.MessagesUpdated(conversation=CONVERSATION, messages=[MESSAGE]),
        f'{{"type":"messages_updated",{OF_CONVERSATION},"messages":[{MESSAGE_JSON}]}}',
    ),
    (
        event.MessagesDeleted(conversation_id="c", message_ids=["c.2"]),
        '{"type":"messages_deleted","conversationId":"c","messageIds":["c.2"]}',
    ),
    (
        event.MessagesMoved(source="c", target="d", message_ids={"c.3": "d.1"}),
        '{"type":"messages_moved","from":"c","to":"d","messageIds":{"c.3":"d.1"}}',
    ),
    (event.ConversationDeleted(conversation_id="c"), '{"type":"conversation_deleted","conversationId":"c"}'),
    (
        event.DaySummaryChanged(
            day_summary=DaySummary(
                date="2026-10-14",
                headline="H",
                highlights=[Highlight(topic="T", text="t")],
                action_items=[DayItem(text="do", done=False)],
                decisions=["grey"],
                conversation_ids=["c"],
                omi_conversation_ids=["o", "p"],
            )
        ),
        '{"type":"day_summary_changed","daySummary":{"date":"2026-10-14","headline":"H","overview":null,"emoji":null,'
        '"highlights":[{"topic":"T","emoji":null,"text":"t"}],"actionItems":[{"text":"do","done":false}],'
        '"decisions":["grey"],"conversationIds":["c"]}}',
    ),
    (
        event.ActionItemChanged(action_item=ListedItem(id="i", text="do", done=False, due_at=0)),
        '{"type":"action_item_changed","actionItem":{"id":"i","text":"do","done":false,'
        '"dueAt":"1970-01-01T00:00:00.000Z","owner":null,"messageIds":[],"conversationId":null}}',
    ),
    (event.ActionItemDeleted(action_item_id="i"), '{"type":"action_item_deleted","actionItemId":"i"}'),
    (
        event.PersonChanged(person=Person(id="p", name="Ida", ids=["p", "q"])),
        '{"type":"person_changed","person":{"id":"p","name":"Ida","ids":["p","q"],"mergedInto":null,"deleted":false}}',
    ),
    (event.SessionLinked(session=SESSION), f'{{"type":"session_linked","session":{SESSION_JSON}}}'),
    (
        event.SessionUnlinked(session=SESSION, reason=UnlinkReason.EXPIRED),
        f'{{"type":"session_unlinked","session":{SESSION_JSON},"reason":"expired"}}',
    ),
    (event.SessionHealthChanged(session=SESSION), f'{{"type":"session_health_changed","session":{SESSION_JSON}}}'),
    (event.SessionChanged(session=SESSION), f'{{"type":"session_changed","session":{SESSION_JSON}}}'),
    (
        event.RecordingChanged(recording=Recording(state="paused", until=0, not_kept=NotKept(calls=1, last_at=0))),
        '{"type":"recording_changed","recording":{"state":"paused","until":"1970-01-01T00:00:00.000Z",'
        '"notKept":{"calls":1,"lastAt":"1970-01-01T00:00:00.000Z"}}}',
    ),
    (event.SignedOut(reason="expired"), '{"type":"signed_out","reason":"expired"}'),
]


@pytest.mark.parametrize(("content", "text"), EVENTS)
def test_the_json_of_an_event_is_that_of_the_contract(content: Content, text: str) -> None:
    assert event_text(content) == text


def test_every_kind_of_event_is_tried() -> None:
    assert {type(content) for content, _ in EVENTS} == set(get_args(event.LiveEvent))


def test_what_is_shown_joined_has_the_form_of_what_is_not() -> None:
    for joined, alone in (Whole, Conversation), (MessageOfPart, Message):
        assert [(one.name, plain(one.type)) for one in parts(joined)] == [
            (one.name, plain(one.type)) for one in parts(alone)
        ]


def test_a_session_in_full_has_its_health() -> None:
    session = structs.replace(
        SESSION,
        messages_saved=3,
        unreadable=1,
        calls_not_kept=2,
        health=Health(status="ok", message="Linked."),
        last_webhook_at=AT,
        jobs=Jobs(waiting=1, failed=0),
        streams_open=2,
    )
    assert to_json(structs.replace(session, name="Kitchen")) == to_json(session) | {"name": "Kitchen"}
    assert json_text(to_json(session)) == (
        SESSION_JSON[:-1] + ',"messagesSaved":3,"unreadable":1,"notKept":2,'
        '"health":{"status":"ok","message":"Linked.","nextStep":null},"lastWebhookAt":"2026-09-14T18:21:07.114Z",'
        '"jobs":{"waiting":1,"failed":0},"streamsOpen":2}'
    )


def test_what_stands_before_another_has_its_place_and_properties_come_last() -> None:
    class Noun(Struct):
        second_one: Shown[int]
        third: Annotated[Millis | None, ShownAs("thirdOne")]
        hidden: str

        @property
        def first(self) -> Annotated[int, ShownAs(before="second_one")]:
            return 1

        @property
        def last(self) -> Shown[int]:
            return 4

    assert [part.name for part in parts(Noun)] == ["first", "secondOne", "thirdOne", "last"]
    assert to_json(Noun(second_one=2, third=3, hidden="")) == {
        "first": 1,
        "secondOne": 2,
        "thirdOne": "1970-01-01T00:00:00.003Z",
        "last": 4,
    }


def test_deleted_words_leave_nothing_or_an_empty_text() -> None:
    class Noun(Struct):
        text: Shown[Erased[str]]
        speaker: Erased[str | None]
        key: str

    assert erased_columns(Noun) == {"text": "", "speaker": None}
    assert erased_columns(Message) == {
        "text": "",
        "speaker": None,
        "person_id": None,
        "versions": "",
        "user_text": None,
        "translations": None,
        "user_person_id": None,
        "user_is_user": None,
    }
    of_conversation = (
        "title",
        "summary",
        "omi_title",
        "user_title",
        "emoji",
        "category",
        "details",
        "session_name",
        "by_hand",
        "speakers",
    )
    assert erased_columns(Conversation) == dict.fromkeys(of_conversation)
    gone = CONVERSATION.deleted(AT)
    assert (gone.title, gone.summary, gone.message_count, gone.deleted_at) == (None, None, 0, AT)


def test_the_version_of_what_is_stored_already_stays() -> None:
    """It is in the database, where it tells a retry from new words."""
    said = Segment(text="hello", speaker="SPEAKER_1", is_user=True, person_id="ida", start=1.5, end=2.25, id="x")
    assert (said.version, Segment(text="yes").version) == ("07a5eb9f54ce3cb284", "5df815f3d2a5304043")


def test_what_its_user_says_of_the_speaker_stands_in_place_of_what_the_device_says() -> None:
    corrected = structs.replace(MESSAGE, user_person_id="ben", user_is_user=False)
    assert (to_json(corrected)["personId"], to_json(corrected)["isUser"]) == ("ben", False)
    assert to_json(structs.replace(MESSAGE, user_person_id=NOBODY))["personId"] is None


def test_a_message_has_all_that_its_segment_says() -> None:
    assert set(Speech.__struct_fields__) <= set(Message.__struct_fields__) & set(Segment.__struct_fields__)
    assert json.decode(json.encode(Segment(text="hello").speech()))["text"] == "hello"
