"""What a user sees in Chromium: how long the page takes to load over a slow network, how long words take from the
webhook onto the screen, and how smoothly the page scrolls through a long conversation."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Browser, Page, async_playwright

from bench import machine, servers
from bench.people import WORDS, Person, sign_up
from bench.servers import SECRET, Server

LONG = 10_000
LONG_FRAME = 100
"""Milliseconds."""
BATCH = 500
WARM_UP = 5
PAUSE = 0.25
PATIENCE = 300
IN_THE_WORDS = 800, 400
TURN = 1_000
"""So many pixels the wheel moves the words in one frame: the whole conversation in less than half a minute."""

SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""As Chromium's developer tools take it: milliseconds, and bytes a second."""

WATCH_WORDS = """
window.painted = {};
const shown = ({ target }) => (target.closest ? target : target.parentElement)?.closest("[role=log]");
new MutationObserver((changes) => {
  const found = changes.filter(shown).flatMap(({ target }) => target.textContent.match(/mark-[0-9]+/g) ?? []);
  requestAnimationFrame(() => setTimeout(() => {
    for (const mark of found) window.painted[mark] ??= performance.timeOrigin + performance.now();
  }));
}).observe(document.body, { childList: true, characterData: true, subtree: true });
"""
"""A frame is painted between its callback and the next task, so the time is a little late and never early. What a
screen reader is told stands outside the log."""

WATCH_FRAMES = """
window.frames = [];
window.tasks = [];
let before;
requestAnimationFrame(function frame(now) {
  if (before) window.frames.push(now - before);
  before = now;
  requestAnimationFrame(frame);
});
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: "longtask" });
"""
LOG = "document.querySelector('[role=log]')"
ALL_LOADED = f"{LOG}.firstElementChild.textContent.startsWith('Beginning of this conversation')"


@dataclass(frozen=True, kw_only=True)
class Size:
    """`rounds` are those of the long conversation."""

    visits: int
    words: int
    rounds: int


FULL = Size(visits=5, words=100, rounds=2)
QUICK = Size(visits=2, words=20, rounds=1)


@dataclass(frozen=True, kw_only=True)
class Place:
    """What scrolls, as an expression of the page's."""

    what: str

    @property
    def at_start(self) -> str:
        return f"{self.what}.scrollTop <= 0"

    @property
    def at_end(self) -> str:
        return f"{self.what}.scrollTop + {self.what}.clientHeight >= {self.what}.scrollHeight - 1"


@dataclass(frozen=True, kw_only=True)
class Way:
    """From one end of the conversation to the other. `long` counts the frames of more than 100 ms; `longest` and
    `longest_task` are in milliseconds, and Chromium tells of no task below 50 ms."""

    seconds: float
    frames: int
    long: int
    longest: float
    longest_task: float


@dataclass(kw_only=True)
class Screen:
    """Visits in seconds until somebody can type into the sign-in form, over a slow network: with an empty cache, and
    with what the first visit left in it. Words in milliseconds. `first_ways` lead up through a conversation that is
    being loaded, `ways` down and up when all of it is there. After each way a page that has nothing to do was scrolled
    for as long: `blank_first` and `blank`."""

    machine: dict[str, str]
    first_visits: list[float] = field(default_factory=list)
    later_visits: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)
    first_ways: list[Way] = field(default_factory=list)
    blank_first: list[Way] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    blank: list[Way] = field(default_factory=list)
    load_at_the_end: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def measure(size: Size, folder: Path) -> Screen:
    figures = Screen(machine=machine.describe(folder))
    server = servers.omilink("screen", folder / "screen")
    try:
        async with _chromium() as browser:
            await _see(figures, browser, server, size)
    finally:
        server.stop()
    figures.load_at_the_end = os.getloadavg()[0]
    return figures


async def _see(figures: Screen, browser: Browser, server: Server, size: Size) -> None:
    for _ in range(size.visits):
        await _visit(figures, browser, server)
    listener, reader = sign_up(server, 2)
    figures.words = await _words(browser, server, listener, size.words)
    await _talk_long(server, reader)
    for _ in range(size.rounds):
        await _scroll_through(figures, browser, server, reader)


async def _visit(figures: Screen, browser: Browser, server: Server) -> None:
    """In a new browser, and once more in the same."""
    context = await browser.new_context()
    for visits in figures.first_visits, figures.later_visits:
        page = await context.new_page()
        await (await context.new_cdp_session(page)).send("Network.emulateNetworkConditions", SLOW_NETWORK)
        began = time.perf_counter()
        await page.goto(server.url, wait_until="commit")
        await page.get_by_label("Email address").fill("ada@example.org")
        visits.append(time.perf_counter() - began)
        await page.close()
    await context.close()


async def _words(browser: Browser, server: Server, person: Person, words: int) -> list[float]:
    took = []
    async with httpx2.AsyncClient() as client:
        await _say(client, server, person, ["the first words"], 0)
        page = await _signed_in(browser, server, person)
        await page.goto(server.url)
        await page.get_by_role("log").get_by_text("the first words").wait_for()
        await page.evaluate(WATCH_WORDS)
        for number in range(1, WARM_UP + words + 1):
            mark = f"mark-{number}"
            began = time.time() * 1000
            await _say(client, server, person, [f"words with a {mark}"], number)
            painted: Any = await (await page.wait_for_function(f"window.painted['{mark}']")).json_value()
            took.append(painted - began)
            await asyncio.sleep(PAUSE)
    await page.context.close()
    return took[WARM_UP:]


async def _talk_long(server: Server, person: Person) -> None:
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        for number in range(0, LONG, BATCH):
            texts = [f"{WORDS[each % len(WORDS)]} {each}" for each in range(number, number + BATCH)]
            await _say(client, server, person, texts, number)


async def _scroll_through(figures: Screen, browser: Browser, server: Server, person: Person) -> None:
    """Opened anew, so that nothing of the conversation has been loaded."""
    page, log = await _signed_in(browser, server, person), Place(what=LOG)
    blank = await _blank_page(browser)
    await page.goto(server.url)
    words = page.get_by_test_id("words")
    oldest, newest = (words.filter(has_text=re.compile(f" {number}$")) for number in (0, LONG - 1))
    await newest.wait_for()
    await page.evaluate(WATCH_FRAMES)
    figures.first_ways.append(await _way(page, f"{log.at_start} && {ALL_LOADED}", -TURN))
    await oldest.wait_for()
    figures.blank_first.append(await _to_and_fro(blank, figures.first_ways[-1].seconds))
    for there, by, end in (log.at_end, TURN, newest), (log.at_start, -TURN, oldest):
        figures.ways.append(await _way(page, there, by))
        await end.wait_for()
        figures.blank.append(await _to_and_fro(blank, figures.ways[-1].seconds))
    await page.context.close()
    await blank.context.close()


async def _blank_page(browser: Browser) -> Page:
    """What this machine makes of the same with nothing to draw."""
    page = await browser.new_page()
    await page.set_content(f"<div style='height: {LONG * 64}px'></div>")
    await page.evaluate(WATCH_FRAMES)
    return page


async def _way(page: Page, there: str, by: int) -> Way:
    began = await _start(page)
    async with asyncio.timeout(PATIENCE):
        while not await _turn(page, by, there):
            pass
    return await _seen(page, began)


async def _to_and_fro(page: Page, seconds: float) -> Way:
    began, by, place = await _start(page), TURN, Place(what="document.scrollingElement")
    while time.perf_counter() - began < seconds:
        if await _turn(page, by, place.at_end if by > 0 else place.at_start):
            by = -by
    return await _seen(page, began)


async def _start(page: Page) -> float:
    await page.bring_to_front()
    await page.mouse.move(*IN_THE_WORDS)
    await page.evaluate("frames.length = tasks.length = 0")
    return time.perf_counter()


async def _turn(page: Page, by: int, there: str) -> bool:
    await page.mouse.wheel(0, by)
    return bool(await page.evaluate(f"new Promise(requestAnimationFrame).then(() => {there})"))


async def _seen(page: Page, began: float) -> Way:
    seconds = time.perf_counter() - began
    frames: Sequence[float] = await page.evaluate("frames")
    tasks: Sequence[float] = await page.evaluate("tasks")
    return Way(
        seconds=seconds,
        frames=len(frames),
        long=sum(frame > LONG_FRAME for frame in frames),
        longest=max(frames),
        longest_task=max(tasks, default=0.0),
    )


async def _say(client: httpx2.AsyncClient, server: Server, person: Person, texts: list[str], first: int) -> None:
    segments = [
        {"text": text, "speaker": f"SPEAKER_{number // 3 % 2}", "start": number * 3.0, "end": number * 3.0 + 2}
        for number, text in enumerate(texts, first)
    ]
    body = {"session_id": person.session, "segments": segments}
    (await client.post(f"{server.url}/omi-webhook/{SECRET}", json=body)).raise_for_status()


async def _signed_in(browser: Browser, server: Server, person: Person) -> Page:
    page = await browser.new_page(bypass_csp=True)
    await page.context.add_cookies([{"name": "sid", "value": person.token, "url": server.url}])
    return page


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    """The one that script/browser has found, else Playwright's."""
    async with async_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or None
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()
