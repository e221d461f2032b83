"""The proxies of docs/howto/deploy.md before two nodes: streams flow, addresses are right, no log holds a secret."""

import os
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import httpx2
import pytest
from deploy_support import NAME, Caddy, Nginx, Proxy
from support import PATIENCE, TLS, Person

from lab.cluster import Cluster, Node
from lab.net import HOST, free_port

STREAM = "/conversations/current/stream"
MakeProxy = Callable[..., Proxy]
ONLY_NGINX = pytest.mark.parametrize("make_proxy", [Nginx], indirect=True, ids=["nginx"])
"""Caddy 2.6 does not repeat a call with a body."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    settings = {"OMILINK_PUBLIC_URL": f"https://{NAME}"}
    with Cluster(tmp_path_factory.mktemp("cluster"), nats=1, workers=1, settings=settings) as cluster:
        yield cluster


@pytest.fixture(params=[Nginx, Caddy], ids=["nginx", "caddy"])
def make_proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeProxy]:
    """Starts proxies in front of these nodes; all of them end with the test."""
    program, started = program_of(request.param), list[Proxy]()

    def make(*nodes: str) -> Proxy:
        started.append(request.param(tmp_path / f"proxy{len(started)}", program, nodes))
        return started[-1].start()

    yield make
    for proxy in started:
        proxy.stop()


@pytest.fixture
def proxy(cluster: Cluster, make_proxy: MakeProxy) -> Proxy:
    return make_proxy(*map(address, cluster.webs))


def program_of(kind: type[Proxy]) -> str:
    name = kind.__name__.lower()
    found = os.environ.get(name.upper()) or shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        pytest.skip(f"There is no {name}: `apt-get install {name}`, or set {name.upper()}=/path/to/{name}.")
    if not shutil.which("openssl"):
        pytest.skip("There is no openssl to make a certificate: `apt-get install openssl`.")
    return found


# what users notice


def test_words_arrive_while_nothing_follows_that_could_push_them(cluster: Cluster, proxy: Proxy) -> None:
    ada = proxy.user()
    session_id = linked(ada)
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        say(cluster, proxy, session_id, "only this")
        stream.wait_for_text("only this")


def test_a_stream_is_marked_as_one_and_not_compressed(proxy: Proxy) -> None:
    headers = {"Accept-Encoding": "gzip, br"}
    with proxy.user().client.stream("GET", STREAM, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers.get("content-encoding", "identity") == "identity"
        assert answer.headers["cache-control"] == "no-store, no-transform"


def test_http_leads_to_https(proxy: Proxy) -> None:
    answer = proxy.client(scheme="http").get("/sessions?limit=1")
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith(f"https://{HOST}")
    assert answer.headers["location"].endswith("/sessions?limit=1")


def test_the_cookie_stays_on_https_and_acts_for_our_page_alone(proxy: Proxy) -> None:
    ada = proxy.user()
    session_id, browser = linked(ada), proxy.client()
    login = browser.post("/auth/login", json={"email": ada.email, "password": ada.password})
    assert "secure" in login.headers["set-cookie"].lower()
    for origin, status in ((f"https://{NAME}", 200), ("https://elsewhere.example.org", 403)):
        answer = browser.post("/sessions/link", json={"session_id": session_id}, headers={"Origin": origin})
        assert answer.status_code == status, answer.text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the addresses 127.0.0.2 and 127.0.0.3")
def test_wrong_passwords_count_for_the_address_that_they_come_from(proxy: Proxy) -> None:
    ada = proxy.user()
    somebody, somebody_else = proxy.client("127.0.0.2"), proxy.client("127.0.0.3")

    def guess(client: httpx2.Client, claimed: str) -> int:
        headers = {"X-Forwarded-For": claimed, "X-Real-IP": claimed, "Forwarded": f"for={claimed}"}
        return client.post("/auth/login", json={"email": ada.email, "password": "guess"}, headers=headers).status_code

    assert [guess(somebody, f"203.0.113.{n}") for n in range(10)] == [401] * 10
    assert 429 in (guess(somebody, f"198.51.100.{n}") for n in range(10))
    assert guess(somebody_else, "127.0.0.2") == 401


def test_metrics_are_not_for_everybody(proxy: Proxy) -> None:
    assert proxy.client().get("/metrics").status_code == 404


def test_head_of_the_stream_takes_no_connection_from_anybody(cluster: Cluster, proxy: Proxy) -> None:
    ada = proxy.user()
    for _ in range(3):
        answer = ada.client.head(STREAM)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/event-stream")
    assert sum(streams_at(web, ada) for web in cluster.webs) == 0
    for number in range(10):
        say(cluster, proxy, "device", f"call {number}")


# nodes come and go


@ONLY_NGINX
def test_a_stream_goes_on_at_the_other_node(cluster: Cluster, proxy: Proxy) -> None:
    ada = proxy.user()
    session_id = linked(ada)
    with ada.follow() as stream:
        say(cluster, proxy, session_id, "before")
        stream.wait_for_text("before")
        holder = next(web for web in cluster.webs if streams_at(web, ada))
        holder.stop()
        assert stream.ended.wait(PATIENCE)
    say(cluster, proxy, session_id, "after")
    with ada.follow(stream.ids[-1]) as resumed:
        assert resumed.wait_for("connected")["resumed"]
        resumed.wait_for_text("after")
        assert "before" not in resumed.texts()
    holder.start()
    cluster.wait_until_ready()


@ONLY_NGINX
def test_no_call_is_refused_while_one_node_after_the_other_restarts(cluster: Cluster, proxy: Proxy) -> None:
    with calling(cluster, proxy) as statuses:
        for web in cluster.webs:
            web.restart()
            cluster.wait_until_ready()
    assert set(statuses) == {200}


@ONLY_NGINX
def test_a_call_that_a_node_died_over_goes_to_another(cluster: Cluster, make_proxy: MakeProxy) -> None:
    with dying_node() as (node, died):
        proxy = make_proxy(node, address(cluster.webs[0]))
        for number in range(4):
            say(cluster, proxy, "device", f"call {number}")
        assert died.is_set()


# nothing secret is kept


def test_no_log_holds_the_secret_or_a_token(cluster: Cluster, proxy: Proxy, make_proxy: MakeProxy) -> None:
    deserted = make_proxy(f"{HOST}:{free_port()}")
    for each in proxy, deserted:
        for scheme in "https", "http":
            client = each.client(scheme=scheme)
            client.post(f"/omi-webhook/{cluster.secret}", json={})
            client.post("/omi-webhook", params={"token": cluster.secret}, json={})
            client.get(STREAM, params={"sid": "the-token"}, headers={"Authorization": "Bearer the-token"})
        each.stop()
        assert cluster.secret not in each.logged()
        assert "the-token" not in each.logged()


def linked(person: Person) -> str:
    """A session that is the person's."""
    session_id = secrets.token_hex(16)
    person.link(session_id).raise_for_status()
    return session_id


def say(cluster: Cluster, proxy: Proxy, session_id: str, text: str) -> None:
    answer = call(cluster, proxy.client(), session_id, text)
    assert answer.status_code == 200, answer.text


def call(cluster: Cluster, client: httpx2.Client, session_id: str, text: str) -> httpx2.Response:
    segments = [{"text": text, "speaker": "SPEAKER_0", "is_user": True, "start": 0, "end": 2}]
    return client.post(f"/omi-webhook/{cluster.secret}", json={"session_id": session_id, "segments": segments})


@contextmanager
def calling(cluster: Cluster, proxy: Proxy) -> Iterator[list[int]]:
    """Calls all the time; the list holds the answers."""
    client, statuses, enough = proxy.client(), list[int](), threading.Event()

    def go_on() -> None:
        while not enough.wait(0.02):
            statuses.append(call(cluster, client, "device", f"call {len(statuses)}").status_code)

    caller = threading.Thread(target=go_on)
    caller.start()
    try:
        yield statuses
    finally:
        enough.set()
        caller.join()


@contextmanager
def dying_node() -> Iterator[tuple[str, threading.Event]]:
    """Takes calls and is gone before it answers."""
    died = threading.Event()

    class Die(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            died.set()

    with ThreadingTCPServer((HOST, 0), Die) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{HOST}:{server.server_address[1]}", died
        server.shutdown()


def streams_at(web: Node, person: Person) -> int:
    """How many of the person's the node has open."""
    headers = {"Authorization": f"Bearer {(web.folder / 'operator_token').read_text()}"}
    answer = httpx2.get(f"{web.url}/operator/streams/{person.id}", headers=headers, timeout=PATIENCE, verify=TLS)
    return int(answer.json()["streamsOpen"])


def address(web: Node) -> str:
    return web.url.removeprefix("http://")
