"""Whatever does not fit in a request is answered in plain English: no word of the library that checked it."""

import re
from typing import Any

import pytest
from support import Person, ServerProcess

from omilink.web import complaints

JARGON = re.compile(
    r"input should|should be a|valid (string|integer|boolean|list|dictionary)|\bctx\b|field required|pydantic|"
    r"unable to|pattern|value error|dictionary|str type|instance|traceback|type=|\bNone\b|\x22 is not valid|[{}]",
    re.IGNORECASE,
)
WRONG = (None, True, -1, 2.5, 10**30, "", "nothing that fits", "x" * 20_000, "a\0b", [], [5], {}, {"name": []})
NOT_FORMS = (b"", b"null", b"[]", b'"text"', b"5", b'{"text": "\\ud800"}')
JSON = {"Content-Type": "application/json"}

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def operations(shared_server: ServerProcess) -> tuple[dict[str, Any], list[Operation]]:
    """The schemas, and the operations that a form or a query leads astray; not those that only listen."""
    document = shared_server.client().get("/openapi.json").json()
    found = [
        (method, path, told)
        for path, item in document["paths"].items()
        for method, told in item.items()
        if not path.endswith("/stream") and "/omi-webhook" not in path and ("requestBody" in told or queries(told))
    ]
    return document["components"]["schemas"], found


def queries(told: dict[str, Any]) -> list[str]:
    return [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]


def form_of(schemas: dict[str, Any], told: dict[str, Any]) -> list[str]:
    if "requestBody" not in told:
        return []
    shape = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return list(schemas[shape]["properties"])


def test_every_wrong_value_gets_a_sentence(
    operations: tuple[dict[str, Any], list[Operation]], shared_server: ServerProcess
) -> None:
    schemas, found = operations
    operator = (shared_server.data_dir / "operator_token").read_text()
    ada = shared_server.user()
    refused = 0
    for method, path, told in found:
        client = (
            shared_server.client(headers={"Authorization": f"Bearer {operator}"}) if "admin" in path else ada.client
        )
        form = form_of(schemas, told)
        bodies = [{"json": dict.fromkeys(form, wrong)} for wrong in WRONG] if form else []
        bodies += [{"content": body, "headers": JSON} for body in NOT_FORMS] if form else []
        bodies += (
            [{"params": dict.fromkeys(queries(told), str(wrong)[:200])} for wrong in WRONG] if queries(told) else []
        )
        for sent in bodies:
            answer = client.request(method, re.sub(r"\{\w+\}", "unknown", path), **sent)
            if answer.status_code >= 400:
                message = answer.json()["message"]
                assert not JARGON.search(message), (method, path, sent, message)
                assert message[-1] == ".", message
                refused += answer.status_code == 422
    assert refused > len(found)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/people?limit=many", '"limit" must be a whole number.'),
        ("/people?limit=0", '"limit" must be a whole number, 1 or more.'),
        ("/people?limit=900", '"limit" must be a whole number, 200 or less.'),
        ("/action-items?done=maybe&cursor=~", '"done" must be true or false. "cursor" must be nextCursor of the page '
         "before, or be left out."),
        ("/day-summaries?from=yesterday", '"from" must be a date, such as 2026-10-14.'),
        ("/search?order=odd", "\"order\" must be 'best' or 'newest'."),
    ],
)  # fmt: skip
def test_the_field_is_named_as_it_was_sent(ada: Person, path: str, message: str) -> None:
    assert ada.client.get(path).json() == {"ok": False, "error": "invalid", "message": message}


def test_forms_are_answered_alike(ada: Person) -> None:
    def said(path: str, form: object) -> str:
        answer = ada.client.post(path, json=form)
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid")
        return str(answer.json()["message"])

    assert said("/people", {}) == '"name" is missing.'
    assert said("/people", ["Maya"]) == "The body must be a JSON object."
    assert said("/sessions/link", {"session_id": [], "again": 5}) == (
        '"session_id" must be text or a whole number. "again" must be true or false.'
    )
    assert (
        said("/people/unknown/split", {"conversation_ids": ["one", 2]}) == 'Entry 2 of "conversation_ids" must be text.'
    )
    assert said("/action-items", {"text": "x", "due_at": "soon"}).startswith('"due_at" must be a time with its zone')


def test_a_kind_of_mistake_without_a_sentence_is_no_jargon() -> None:
    mistake = {"type": "never_seen", "loc": ("query", "limit"), "msg": "Input should be odd", "ctx": {"odd": 1}}
    assert complaints.sentences([mistake]) == '"limit" is not valid.'
