"""Devices that talk without a pause, streams that come back, and what both have to agree on."""

import itertools
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

import httpx2
from cluster_support import Site, User, segment
from support import PATIENCE, TLS, wait_until

BREATH = 0.03
"""Seconds between a device's calls, on average."""
ENOUGH = 15
"""Calls that every device gets through for the talk to have gone on."""


class Device:
    """Sends numbered words, one call after the other, over these nodes in turn.

    What is not answered with 200 is sent again, to the next node, as OMI's cloud does behind a proxy.
    """

    def __init__(self, webhooks: Sequence[str], session_id: str) -> None:
        self.session_id = session_id
        self.accepted: list[str] = []
        self.refused: Counter[int] = Counter()
        """Answers other than 200 by status, 0 being none."""
        self._webhooks = itertools.cycle(webhooks)
        self.enough = threading.Event()
        """Once it is set, the device says no more."""
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def wait_until_silent(self) -> None:
        """What is being sent is sent until it is accepted."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), (self.session_id, self.refused)

    def _talk(self) -> None:
        with httpx2.Client(timeout=PATIENCE, verify=TLS) as client:
            began = time.monotonic()
            for number in itertools.count():
                text, start = f"{self.session_id} {number}", time.monotonic() - began
                while not self._send(client, {"session_id": self.session_id, "segments": [segment(text, start)]}):
                    threading.Event().wait(BREATH)
                self.accepted.append(text)
                if self.enough.wait(random.uniform(0, 2 * BREATH)):
                    return

    def _send(self, client: httpx2.Client, body: dict[str, Any]) -> bool:
        """Whether it was accepted."""
        try:
            status = client.post(next(self._webhooks), json=body).status_code
        except httpx2.HTTPError:
            status = 0
        if status != 200:
            self.refused[status] += 1
        return status == 200


class Stream:
    """A live stream that goes on at the next of these nodes, with its last cursor, when it is cut."""

    def __init__(self, user: User, urls: Sequence[str], after: str | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.comments: list[str] = []
        self.visits: list[str] = []
        """The nodes that it was at, the present one last."""
        self.cursor = after
        self.ended = threading.Event()
        self._urls, self._headers = itertools.cycle(urls), user.headers
        self._news = threading.Condition()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.ended.set()
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for event in self.events for message in event.get("messages", ())]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type]

    def wait_for(self, type: str) -> dict[str, Any]:
        """The first event of the type, once it is there."""
        self._wait_until(lambda: bool(self.of(type)), type)
        return self.of(type)[0]

    def wait_for_texts(self, *texts: str) -> None:
        missing = set(texts)

        def all_there() -> bool:
            missing.difference_update(self.texts)
            return not missing

        self._wait_until(all_there, missing)

    def wait_for_comment(self, part: str) -> None:
        self._wait_until(lambda: any(part in comment for comment in self.comments), part)

    def wait_until_closed(self) -> None:
        """By the node, which has to close it after `signed_out`."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _wait_until(self, true: Callable[[], bool], what: object) -> None:
        with self._news:
            assert self._news.wait_for(true, PATIENCE), (what, self.visits, [e["type"] for e in self.events][-9:])

    def _run(self) -> None:
        with httpx2.Client(timeout=httpx2.Timeout(PATIENCE, read=2 * PATIENCE), verify=TLS) as client:
            while not self.ended.is_set():
                with suppress(httpx2.HTTPError):
                    self._read(client, next(self._urls))
                self.ended.wait(BREATH)

    def _read(self, client: httpx2.Client, url: str) -> None:
        params = {"after": self.cursor} if self.cursor else {}
        with client.stream(
            "GET", f"{url}/conversations/current/stream", params=params, headers=self._headers
        ) as answer:
            if answer.status_code == 200:
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self.visits.append(url)
                for line in answer.iter_lines():
                    self._hear(*line.partition(":")[::2])

    def _hear(self, field: str, value: str) -> None:
        with self._news:
            if field == "id":
                self.cursor = value.strip()
            elif field == "data":
                self.events.append(json.loads(value))
                if self.events[-1]["type"] == "signed_out":
                    self.ended.set()
            elif field == "" and value:
                self.comments.append(value.strip())
            self._news.notify_all()


class Wearer:
    """A user with devices that talk, and a stream that is at the first of its nodes as long as it can."""

    def __init__(self, site: Site, stream_urls: Sequence[str], device_urls: Sequence[Sequence[str]]) -> None:
        self.user = User(site.urls[0])
        self.stream = Stream(self.user, stream_urls)
        self.stream.wait_for("caught_up")
        self.devices = [
            Device([site.webhook(url) for url in urls], self.user.link(site.urls[0])) for urls in device_urls
        ]

    def check(self, url: str) -> None:
        """What was accepted is saved and was streamed: everything, once, in order."""
        accepted = {device.session_id: device.accepted for device in self.devices}
        wait_until(lambda: self._messages(url) >= sum(map(len, accepted.values())), "everything to be saved")
        saved = [(c["omiSessionKey"], self.user.texts(url, c["id"])) for c in self.user.conversations(url)]
        assert_same(sorted(session_id for session_id, _ in saved), sorted(accepted), "conversations")
        self.stream.wait_for_texts(*itertools.chain(*accepted.values()))
        for session_id, texts in saved:
            assert_same(texts, accepted[session_id], "saved")
            streamed = [text for text in self.stream.texts if text.startswith(f"{session_id} ")]
            assert_same(streamed, accepted[session_id], "streamed")
        assert set(Counter((m["id"], m["rev"]) for m in self.stream.messages).values()) == {1}
        assert not self.stream.of("reset")

    def _messages(self, url: str) -> int:
        return sum(conversation["messageCount"] for conversation in self.user.conversations(url))


class Talk:
    """Wearers who talk until the block ends; then everything has to agree.

    Each device uses both nodes in turn, or one of them only, if `loyal`.
    """

    def __init__(self, site: Site, *, loyal: bool = False) -> None:
        self._site = site
        here, there = site.urls
        paths = [[here], [there]] if loyal else [[here, there], [there, here]]
        self.wearers = [Wearer(site, urls, paths) for urls in ([here, there], [there, here], [here, there])]
        self.devices = [device for wearer in self.wearers for device in wearer.devices]

    def __enter__(self) -> Self:
        self.go_on()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            for device in self.devices:
                device.enough.set()
            for device in self.devices:
                device.wait_until_silent()
            if kind is None:
                for wearer in self.wearers:
                    wearer.check(self._site.urls[0])
        finally:
            for wearer in self.wearers:
                wearer.stream.close()

    def go_on(self) -> None:
        """Until every device has got more accepted."""
        enough = [(device, len(device.accepted) + ENOUGH) for device in self.devices]
        wait_until(lambda: all(len(device.accepted) >= count for device, count in enough), "the devices")

    def pause(self, seconds: float) -> None:
        """Lets them talk. A device that ends meanwhile has failed."""
        assert not self.devices[0].enough.wait(seconds)

    def come_through(self) -> None:
        """Until what every device gets accepted next has been streamed."""
        self.go_on()
        for wearer in self.wearers:
            wearer.stream.wait_for_texts(*[device.accepted[-1] for device in wearer.devices])


def assert_same(found: Sequence[str], expected: Sequence[str], what: str) -> None:
    """Names the places where they differ."""
    differ = [(n, *pair) for n, pair in enumerate(itertools.zip_longest(found, expected)) if len(set(pair)) > 1]
    assert not differ, (
        f"{len(differ)} of {len(expected)} {what} otherwise than accepted (at, found, accepted): {differ[:9]}"
    )
