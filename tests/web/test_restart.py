"""A server that is stopped lets go gently, and goes on where it was."""

import threading
import time
from collections.abc import Callable

from support import PATIENCE, ServerProcess
from web_support import texts, wait_for_texts

MakeServer = Callable[..., ServerProcess]


def test_a_stop_ends_streams_and_a_resumed_one_has_missed_nothing(make_server: MakeServer) -> None:
    server = make_server()
    ada = server.user()
    ada.link("pendant")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        server.say("pendant", "before the stop")
        stream.wait_for_text("before the stop")
        server.say("pendant", "just before the stop", start=2)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10
        assert stream.ended.wait(PATIENCE)
    assert stream.texts().count("just before the stop") <= 1

    server.start()
    with ada.follow(stream.ids[-1]) as resumed:
        resumed.wait_for("caught_up")
        assert resumed.events[0]["resumed"] is True
        server.say("pendant", "after the start", start=4)
        resumed.wait_for_text("after the start")
    heard = stream.texts() + resumed.texts()
    assert heard == ["before the stop", "just before the stop", "after the start"] == texts(ada)


def test_the_last_that_a_drained_stream_says_spreads_its_readers(make_server: MakeServer) -> None:
    server = make_server()
    ada = server.user()
    caught_up = threading.Event()
    lines: list[str] = []

    def read() -> None:
        with ada.client.stream("GET", "/conversations/current/stream") as answer:
            for line in answer.iter_lines():
                lines.append(line)
                if "caught_up" in line:
                    caught_up.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert caught_up.wait(PATIENCE)
    server.stop()
    reader.join(PATIENCE)
    assert [line for line in lines if line][-1].startswith("retry: ")


def test_what_waits_when_the_server_stops_is_saved_when_it_starts(make_server: MakeServer) -> None:
    server = make_server()
    ada = server.user()
    ada.link("pendant")
    server.say("pendant", "once")
    wait_for_texts(ada, "once")
    server.stop()
    server.rows("UPDATE deliveries SET state = 'waiting'")  # as if the server had been stopped before it saved
    server.rows("DELETE FROM messages")
    server.start()
    wait_for_texts(ada, "once")
