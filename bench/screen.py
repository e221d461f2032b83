"""What a user sees in Chromium: how long words take from the webhook onto the page's screen, and how smoothly the app
scrolls through a long conversation."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import Browser, Page, Route, async_playwright

from bench import machine, servers
from bench.people import WORDS, Person, sign_up
from bench.servers import SECRET, Server

APP = Path("clients/expo/dist")
LONG = 10_000
BATCH = 500
WARM_UP = 5
PAUSE = 0.25
PATIENCE = 300
TURN = 1_000
"""So many pixels the wheel moves the words in one frame: the whole conversation in less than half a minute."""

WATCH_WORDS = """
window.painted = {};
new MutationObserver((changes) => {
  const found = changes.flatMap(({ target }) => target.textContent.match(/mark-[0-9]+/g) ?? []);
  requestAnimationFrame(() => setTimeout(() => {
    for (const mark of found) window.painted[mark] ??= performance.timeOrigin + performance.now();
  }));
}).observe(document.body, { childList: true, characterData: true, subtree: true });
"""
"""A frame is painted between its callback and the next task, so the time is a little late and never early."""

WATCH_FRAMES = """
window.frames = [];
let before;
requestAnimationFrame(function frame(now) {
  if (before) window.frames.push(now - before);
  before = now;
  requestAnimationFrame(frame);
});
"""
AT_END = "scrollY + innerHeight >= document.body.scrollHeight"

Reached = Callable[[], Coroutine[Any, Any, bool]]


@dataclass(kw_only=True)
class Screen:
    """In milliseconds. `frames` are the longest of each way from one end of the conversation to the other, `bare` the
    longest of a page that has nothing to do; none when there is no build of the app."""

    machine: dict[str, str]
    words: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def measure(words: int, folder: Path) -> Screen:
    figures = Screen(machine=machine.describe(folder))
    server = servers.omilink("screen", folder / "screen")
    try:
        listener, reader = sign_up(server, 2)
        async with _chromium() as browser:
            figures.words = await _words(browser, server, listener, words)
            if is_app_built():
                figures.frames = await _frames(browser, server, reader)
                figures.bare = await _bare_frames(browser)
    finally:
        server.stop()
    return figures


def is_app_built() -> bool:
    return APP.exists()


async def _words(browser: Browser, server: Server, person: Person, words: int) -> list[float]:
    page = await _signed_in(browser, server, person)
    await page.goto(server.url)
    await page.get_by_role("heading", name="Live").wait_for()
    await page.evaluate(WATCH_WORDS)
    took = []
    async with httpx2.AsyncClient() as client:
        for number in range(WARM_UP + words):
            mark = f"mark-{number}"
            began = time.time() * 1000
            await _say(client, server, person, [f"words with a {mark}"], number)
            painted: Any = await (await page.wait_for_function(f"window.painted['{mark}']")).json_value()
            took.append(painted - began)
            await asyncio.sleep(PAUSE)
    await page.close()
    return took[WARM_UP:]


async def _frames(browser: Browser, server: Server, person: Person) -> list[float]:
    async with httpx2.AsyncClient() as client:
        for number in range(0, LONG, BATCH):
            texts = [f"{WORDS[each % len(WORDS)]} {each}" for each in range(number, number + BATCH)]
            await _say(client, server, person, texts, number)
    page = await _signed_in(browser, server, person)
    await page.route(re.compile(r"/(\?.*|_expo/.*|assets/.*)?$"), _from_the_build)
    await page.goto(server.url)
    await page.get_by_role("log").hover()
    words = page.get_by_test_id("words")
    oldest, newest = (words.filter(has_text=re.compile(f" {number}$")) for number in (0, LONG - 1))
    await newest.wait_for()
    await _scroll(page, page.get_by_text("Beginning of this conversation").is_visible, -5 * TURN)
    return await _longest(page, oldest.is_visible, newest.is_visible)


async def _bare_frames(browser: Browser) -> list[float]:
    """What this machine makes of the same with nothing to draw."""
    page = await browser.new_page()
    await page.set_content(f"<div style='height: {LONG * 64}px'></div>")
    return await _longest(page, lambda: page.evaluate("scrollY === 0"), lambda: page.evaluate(AT_END))


async def _longest(page: Page, at_start: Reached, at_end: Reached) -> list[float]:
    await page.evaluate(WATCH_FRAMES)
    longest = []
    for reached, by in (at_end, TURN), (at_start, -TURN), (at_end, TURN):
        await page.evaluate("frames.length = 0")
        await _scroll(page, reached, by)
        longest.append(float(await page.evaluate("Math.max(...frames)")))
    await page.close()
    return longest


async def _scroll(page: Page, reached: Reached, by: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await reached():
            await page.mouse.wheel(0, by)
            await page.evaluate("new Promise(requestAnimationFrame)")


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


async def _from_the_build(route: Route) -> None:
    """The app stands at the server's own address, which it then takes for where omilink answers."""
    path = urlsplit(route.request.url).path.strip("/")
    await route.fulfill(path=APP / (path or "index.html"))


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    """The one that script/browser has found, else Playwright's."""
    async with async_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or None
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()
