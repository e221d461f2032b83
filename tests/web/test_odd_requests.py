"""Whatever is asked in whatever way, the answer is one of the contract's, and names what was sent."""

import json

import pytest
from support import Person, ServerProcess
from web_support import PASSWORD, call, is_error

NOWHERE = [
    *("/me/", "/ME", "/me%2F", "/sessions/", "/health/", "/openapi.json/", "/docs/", "/docs/x", "/docs/..%2fdocs.py"),
    *("/page", "/page/", "/page/%00", "/page/..%2fapp.py", "/page/" + "x" * 300, "/omi-webhook/a/b"),
    *("/sessions/a%2Fb", "/sessions/%C3%BC", "/sessions/%FF", "/conversations/%F0%9F%98%80"),
    "/conversations/" + "x" * 5000,
]
BAD_IDS = ["", "null", "ü", "a b", "a/b", "\0", "x" * 129]


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize("route", ["start", "resend", "confirm", "earlier"])
def test_an_error_speaks_of_the_field_that_was_sent(ada: Person, route: str, bad: str) -> None:
    answer = ada.client.post(f"/link/omi/{route}", json={"omi_user_id": bad, "code": "1", "bring": True})
    assert is_error(answer, 422, "invalid")
    assert answer.json()["message"].startswith("omi_user_id ")


@pytest.mark.parametrize("bad", ["null", "%C3%BC", "a%20b", "%00", "x" * 129])
@pytest.mark.parametrize(
    ("path", "name"),
    [("/link/omi/unlink/{}", "omi_user_id"), ("/sessions/{}/link", "session_id")],
    ids=["account", "session"],
)
def test_an_error_speaks_of_the_part_of_the_path(ada: Person, path: str, name: str, bad: str) -> None:
    answer = ada.client.delete(path.format(bad))
    assert is_error(answer, 422, "invalid")
    assert answer.json()["message"].startswith(f"{name} ")


@pytest.mark.parametrize("name", ["uid", "user_id", "userId", "session_id", "sessionId"])
@pytest.mark.parametrize("bad", ["ü", "a b", ["x"], True, 1.5])
def test_a_device_is_told_the_name_that_it_used(shared_server: ServerProcess, name: str, bad: object) -> None:
    answer = call(shared_server, {name: bad, "segments": []})
    assert is_error(answer, 422, "invalid")
    assert answer.json()["message"].startswith(f"{name} must be")


def test_a_new_password_is_called_so(ada: Person) -> None:
    answer = ada.client.post("/account/password", json={"password": PASSWORD, "new_password": "short"})
    assert is_error(answer, 422, "invalid")
    assert "new_password" in answer.json()["message"]


@pytest.mark.parametrize("code", [None, ["1"], -1, 1.5, 10**6])
def test_a_field_of_several_kinds_is_called_by_its_name(ada: Person, code: object) -> None:
    answer = ada.client.post("/link/omi/confirm", json={"omi_user_id": "somebody", "code": code})
    assert is_error(answer, 422, "invalid")
    message = answer.json()["message"]
    assert message.count('"code"') == 1
    assert "str:" not in message and "function" not in message


@pytest.mark.parametrize("path", NOWHERE)
def test_an_unknown_address_is_not_there(ada: Person, path: str) -> None:
    assert is_error(ada.client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/", "/page/omilink.js", "/docs", "/docs/swagger-ui.css"])
def test_a_part_of_a_file_is_given_or_refused_in_json(ada: Person, path: str) -> None:
    def get(part: str) -> tuple[int, str]:
        answer = ada.client.get(path, headers={"Range": part})
        assert answer.status_code < 400 or is_error(answer, answer.status_code, answer.json()["error"])
        return answer.status_code, answer.text

    whole = ada.client.get(path)
    assert get("bytes=0-3") == (206, whole.text[:4])
    assert get("bytes=99999999-")[0] == 416
    assert [get(part)[0] for part in ("bytes=abc", "bytes=5-1", "lines=1")] == [400] * 3
    again = ada.client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.text) in [(304, ""), (200, whole.text)]


LOGIN = {
    "bom": ("application/json", b"\xef\xbb\xbf%s", 200),
    "upper-case": ("Application/JSON", b"%s", 200),
    "charset": ("application/json; charset=utf-8", b"%s", 200),
    "of-a-vendor": ("application/vnd.api+json", b"%s", 200),
    "text": ("text/plain", b"%s", 415),
    "form": ("application/x-www-form-urlencoded", b"%s", 415),
    "multipart": ("multipart/form-data; boundary=x", b"%s", 415),
    "unreadable": (";;;", b"%s", 415),
    "nothing": ("", b"%s", 415),
    "latin": ("application/json; charset=latin-1", b'{"email": "\xfc"} %s', 400),
    "more-behind": ("application/json", b"%s more", 400),
    "huge-number": ("application/json", b'{"email": ' + b"9" * 5000 + b"} %s", 400),
    "list": ("application/json", b"[%s]", 422),
}


@pytest.mark.parametrize(("kind", "around", "status"), LOGIN.values(), ids=LOGIN)
def test_a_body_is_json_and_says_so(ada: Person, kind: str, around: bytes, status: int) -> None:
    form = json.dumps({"email": ada.email, "password": ada.password}).encode()
    headers = {"Content-Type": kind} if kind else {}
    answer = ada.client.post("/auth/login", content=around.replace(b"%s", form), headers=headers)
    codes = {200: "", 400: "bad_request", 415: "unsupported_media_type", 422: "invalid"}
    assert answer.status_code == status, answer.text
    assert status == 200 or is_error(answer, status, codes[status])


@pytest.mark.parametrize("query", ["uid=%00", "uid=%ED%A0%80", "uid=", "", "uid=a&uid=%00"])
def test_whether_an_odd_account_is_set_up(shared_server: ServerProcess, query: str) -> None:
    answer = shared_server.client().get(f"/omi/setup-completed?{query}")
    assert (answer.status_code, answer.json()) == (200, {"is_setup_completed": False})
