"""How long words take from the webhook onto the screen of a browser that shows the page."""

import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Page, async_playwright

from bench import machine, servers
from bench.people import Person, sign_up
from bench.report import facts_of
from bench.servers import SECRET, Server

WATCH = """
window.painted = {};
new MutationObserver((changes) => {
  const found = changes.flatMap(({ target }) => target.textContent.match(/mark-[0-9]+/g) ?? []);
  requestAnimationFrame(() => setTimeout(() => {
    for (const mark of found) window.painted[mark] ??= performance.timeOrigin + performance.now();
  }));
}).observe(document.body, { childList: true, characterData: true, subtree: true });
"""
"""A frame is painted between its callback and the next task, so the time is a little late and never early."""
PAUSE = 0.25


@dataclass(frozen=True, kw_only=True)
class Figures:
    machine: dict[str, str]
    milliseconds: list[float]

    def as_json(self) -> dict[str, Any]:
        return {"machine": self.machine, "milliseconds": self.milliseconds}


async def measure(words: int, folder: Path) -> Figures:
    facts = machine.describe(folder)
    server = servers.omilink("page", folder / "page")
    try:
        [person] = sign_up(server, 1)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
            page = await _open(await browser.new_page(bypass_csp=True), server, person)
            took = await _talk(page, server, person, words)
            await browser.close()
    finally:
        server.stop()
    return Figures(machine=facts, milliseconds=took)


def table(figures: Figures) -> str:
    ordered = sorted(figures.milliseconds)
    p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    verdict = "met" if p50 <= 50 else "MISSED"
    return "\n".join(
        [
            *facts_of(figures.machine),
            "",
            f"webhook -> pixel in Chromium  p50 {p50:.0f} ms (target: at most 50 ms, {verdict}), p99 {p99:.0f} ms",
        ]
    )


async def _open(page: Page, server: Server, person: Person) -> Page:
    address = f"http://127.0.0.1:{server.port}"
    await page.context.add_cookies([{"name": "sid", "value": person.token, "url": address}])
    await page.goto(address)
    await page.get_by_role("heading", name="Live").wait_for()
    await page.evaluate(WATCH)
    return page


async def _talk(page: Page, server: Server, person: Person, words: int) -> list[float]:
    took = []
    async with httpx2.AsyncClient() as client:
        for number in range(words + 5):
            mark, start = f"mark-{number}", number * 3.0
            segment = {"text": f"words with a {mark}", "speaker": "SPEAKER_0", "start": start, "end": start + 2}
            body = {"session_id": person.session, "segments": [segment]}
            began = time.time() * 1000
            await client.post(f"http://127.0.0.1:{server.port}/omi-webhook/{SECRET}", json=body)
            painted: Any = await (await page.wait_for_function(f"window.painted['{mark}']")).json_value()
            if number >= 5:  # the first ones warm up
                took.append(painted - began)
            await asyncio.sleep(PAUSE)
    return took


def _chromium() -> str | None:
    """What script/browser has found; None for the one of Playwright."""
    return os.environ.get("CHROMIUM") or None
