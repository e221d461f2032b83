"""Another site must not act with a user's cookie."""

import httpx2
import pytest
from support import Person, ServerProcess
from web_support import ALLOWED_ORIGIN, PUBLIC_URL

FOREIGN = {"Origin": "https://evil.example.net"}


def refused(answer: httpx2.Response) -> bool:
    return answer.status_code == 403 and answer.json()["error"] == "origin_not_allowed"


def link(server: ServerProcess, person: Person, **headers: str) -> httpx2.Response:
    with server.client(cookies={"sid": person.token}, headers=headers) as browser:
        return browser.post("/sessions/link", json={"session_id": "some-device"})


def test_no_change_by_cookie_is_taken_from_another_site(shared_server: ServerProcess, ada: Person) -> None:
    with shared_server.client(cookies={"sid": ada.token}, headers=FOREIGN) as browser:
        changes = [
            (method, path)
            for path, methods in browser.get("/openapi.json").json()["paths"].items()
            for method in methods
            if method != "get" and not path.startswith("/omi-webhook")
        ]
        assert len(changes) >= 7
        for method, path in changes:
            form = {"email": ada.email, "password": ada.password, "session_id": "some-device"}
            answer = browser.request(method, path, json=form if method == "post" else None)
            assert refused(answer), (method, path, answer.text)
    assert ada.client.get("/sessions").json()["sessions"] == []


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_another_site_cannot_sign_a_visitor_in(shared_server: ServerProcess, ada: Person, path: str) -> None:
    with shared_server.client(headers=FOREIGN) as browser:
        answer = browser.post(path, json={"email": ada.email, "password": ada.password})
    assert refused(answer)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_an_origin_that_hides_is_foreign(shared_server: ServerProcess, ada: Person, headers: dict[str, str]) -> None:
    assert refused(link(shared_server, ada, **headers))


def test_the_pages_own_origin_may_act(shared_server: ServerProcess, ada: Person) -> None:
    assert link(shared_server, ada, Origin=shared_server.url).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("omi.example.net:443", "https://omi.example.net"),
        ("OMI.example.net", "https://omi.example.net"),
        ("omi.example.net.", "https://omi.example.net."),
        ("omi.example.net:80", "http://omi.example.net"),
    ],
)
def test_a_host_may_be_written_in_several_ways(
    shared_server: ServerProcess, ada: Person, host: str, origin: str
) -> None:
    headers = {"Host": host, "Origin": origin, "Cookie": f"sid={ada.token}"}
    assert shared_server.client().post("/sessions/link", json={"session_id": "d"}, headers=headers).status_code != 403
    signed_in = {"email": ada.email, "password": ada.password}
    login = shared_server.client().post("/auth/login", json=signed_in, headers={"Host": host, "Origin": origin})
    assert login.status_code == 200, login.text


@pytest.mark.parametrize(
    "host", ["omi.example.net", "127.0.0.1:8000"], ids=["another-port", "proxy-that-does-not-pass-the-host-on"]
)
def test_a_page_of_a_server_that_does_not_know_its_address_is_told_which_setting(
    shared_server: ServerProcess, ada: Person, host: str
) -> None:
    answer = link(shared_server, ada, Host=host, Origin="https://omi.example.net:8443")
    assert refused(answer)
    assert "OMILINK_PUBLIC_URL" in answer.json()["message"]
    assert "https://omi.example.net:8443" in answer.json()["message"]


def test_a_foreign_page_is_not_told_that_the_address_is_wrong(careful_server: ServerProcess) -> None:
    answer = link(careful_server, careful_server.user(), **FOREIGN)
    assert refused(answer)
    assert "OMILINK_PUBLIC_URL" not in answer.json()["message"]
    other_port = link(careful_server, careful_server.user(), Origin=f"{PUBLIC_URL}:8443")
    assert refused(other_port)
    assert f"OMILINK_PUBLIC_URL is {PUBLIC_URL}" in other_port.json()["message"]


def test_what_is_no_browser_may_act(shared_server: ServerProcess, ben: Person) -> None:
    with shared_server.client(cookies={"sid": ben.token}) as program:
        assert program.post("/conversations/current/stream-ticket").status_code == 200


def test_a_bearer_token_is_no_cookie_and_may_act_from_anywhere(shared_server: ServerProcess, ada: Person) -> None:
    assert ada.client.post("/conversations/current/stream-ticket", headers=FOREIGN).status_code == 200


@pytest.mark.parametrize("origin", [ALLOWED_ORIGIN, PUBLIC_URL])
def test_the_public_address_and_allowed_sites_may_act(careful_server: ServerProcess, origin: str) -> None:
    person = careful_server.user()
    with careful_server.client(cookies={"sid": person.token}, headers={"Origin": origin}) as browser:
        assert browser.post("/conversations/current/stream-ticket").status_code == 200


def test_a_browser_is_told_only_about_allowed_sites(careful_server: ServerProcess) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    with careful_server.client() as client:
        allowed = client.options("/sessions/link", headers={"Origin": ALLOWED_ORIGIN, **ask})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
        assert allowed.headers["access-control-allow-credentials"] == "true"
        assert client.get("/me", headers={"Origin": ALLOWED_ORIGIN}).headers["access-control-allow-origin"]
        for answer in client.options("/sessions/link", headers={**FOREIGN, **ask}), client.get("/me", headers=FOREIGN):
            assert "access-control-allow-origin" not in answer.headers


APP, SUBDOMAIN = "capacitor://localhost", "https://beta.app.example.org"


@pytest.mark.parametrize("origin", [ALLOWED_ORIGIN, APP, SUBDOMAIN])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_allowed_page_may_send_what_clients_send(careful_server: ServerProcess, origin: str, method: str) -> None:
    names = "authorization,cache-control,content-type,idempotency-key,last-event-id,x-omilink-user,x-requested-with"
    ask = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}
    answer = careful_server.client().options("/sessions/link", headers={"Origin": origin, **ask})
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == origin
    assert set(names.split(",")) <= set(answer.headers["access-control-allow-headers"].lower().split(","))
    assert method in answer.headers["access-control-allow-methods"]


def test_an_allowed_page_may_read_what_clients_read(careful_server: ServerProcess) -> None:
    answer = careful_server.client().get("/me", headers={"Origin": ALLOWED_ORIGIN})
    exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
    assert {"retry-after", "x-request-id"} <= set(exposed)


@pytest.mark.parametrize("origin", ["https://evil.example.net", "null", "ionic://localhost", "https://["])
def test_a_page_that_is_not_allowed_is_told_so(careful_server: ServerProcess, origin: str) -> None:
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = careful_server.client().options("/sessions/link", headers=ask)
    assert refused(answer)
    assert "access-control-allow-origin" not in answer.headers


def test_without_the_setting_no_site_is_allowed(shared_server: ServerProcess) -> None:
    with shared_server.client() as client:
        assert "access-control-allow-origin" not in client.get("/health", headers=FOREIGN).headers


def test_what_an_allowed_page_was_told_is_told_to_nobody_else(careful_server: ServerProcess) -> None:
    """The busiest answers are prepared once; what is added for one caller must not stay in them."""

    def ask(**headers: str) -> httpx2.Response:
        with careful_server.client(headers=headers) as caller:
            return caller.post("/omi-webhook/wrong", json={})

    allowed = "access-control-allow-origin"
    assert ask(Origin=ALLOWED_ORIGIN).headers[allowed] == ALLOWED_ORIGIN
    assert allowed not in ask().headers


def test_a_stream_for_an_allowed_page_leaves_no_trace_in_the_next(careful_server: ServerProcess) -> None:
    person = careful_server.user()
    path, allowed = "/conversations/current/stream", "access-control-allow-origin"
    with person.client.stream("GET", path, headers={"Origin": ALLOWED_ORIGIN}) as answer:
        assert answer.headers[allowed] == ALLOWED_ORIGIN
    with person.client.stream("GET", path) as answer:
        assert allowed not in answer.headers
