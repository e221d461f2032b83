import assert from "node:assert/strict";
import test from "node:test";

import { dateOf, openSearch, piecesOf, timesOf } from "../../clients/js/screens.js";

process.env.TZ = "Europe/Berlin";

test("who types asks once, after the last letter, and at once on request", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  for (const q of ["k", "ke", "ket"]) search.ask({ q });
  assert.deepEqual([server.asked.length, server.found.is, server.found.question.q], [0, "searching", "ket"]);
  t.mock.timers.tick(200);
  assert.deepEqual(server.questions(), ["ket"]);
  search.ask({ q: "kettle", order: "newest" }, { now: true });
  assert.deepEqual(server.questions(), ["ket", "kettle"]);
  assert.equal(server.asked[1].options.order, "newest");
  t.mock.timers.tick(200);
  assert.equal(server.asked.length, 2);
});

test("the last question counts, whichever answer comes last", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  search.ask({ q: "red tea" }, { now: true });
  await server.answer(1, ["the second"]);
  await server.answer(0, ["the first"]);
  assert.deepEqual([server.found.is, server.found.hits], ["found", ["the second"]]);
});

test("a search keeps what was found before it until its own answer is there", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  await server.answer(0, ["red"]);
  search.ask({ q: "blue" }, { now: true });
  assert.deepEqual([server.found.is, server.found.hits], ["searching", ["red"]]);
  await server.answer(1, []);
  assert.deepEqual([server.found.is, server.found.hits], ["found", []]);
});

test("what is cleared shows nothing, and what was under way does not come back", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  search.ask({ q: "  " });
  assert.equal(server.found.is, "nothing asked");
  await server.answer(0, ["red"]);
  assert.deepEqual([server.found.is, server.found.hits], ["nothing asked", []]);
});

test("pages are added, and an empty one leads to the next", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  await server.answer(0, [], "p2");
  assert.equal(server.found.is, "searching");
  await server.answer(1, ["one"], "p3");
  assert.deepEqual([server.found.hits, server.found.isMore], [["one"], true]);
  search.more();
  search.more();
  assert.deepEqual(
    server.asked.map(({ options }) => options.cursor),
    [null, "p2", "p3"],
  );
  await server.answer(2, ["two"]);
  assert.deepEqual([server.found.hits, server.found.isMore], [["one", "two"], false]);
  search.more();
  assert.equal(server.asked.length, 3);
});

test("pages without a hit are not asked for without end", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  for (let page = 0; page < 10; page += 1) await server.answer(page, [], `p${page}`);
  assert.deepEqual([server.asked.length, server.found.is, server.found.isMore], [10, "found", true]);
});

test("a failure is told, and asked again it goes on where it was", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  await server.answer(0, ["one"], "p2");
  search.more();
  await server.fail(1, "The server cannot be reached.");
  assert.deepEqual([server.found.is, server.found.problem], ["failed", "The server cannot be reached."]);
  assert.deepEqual(server.found.hits, ["one"]);
  search.again();
  assert.equal(server.found.problem, "");
  await server.answer(2, ["two"]);
  assert.deepEqual([server.found.is, server.found.hits], ["found", ["one", "two"]]);
});

test("an older question that fails says nothing, and a closed search neither", async () => {
  const server = createServer();
  const search = openSearch(server.search, server.onChange);
  search.ask({ q: "red" }, { now: true });
  search.ask({ q: "blue" }, { now: true });
  await server.fail(0, "busy");
  assert.equal(server.found.problem, "");
  search.close();
  await server.answer(1, ["blue"]);
  assert.equal(server.found.is, "searching");
});

test("a snippet is cut where its hits are, as JavaScript counts", () => {
  assert.deepEqual(
    piecesOf({
      snippet: "🎹 the piano, the piano",
      highlights: [
        [7, 12],
        [18, 23],
      ],
    }),
    [
      { text: "🎹 the ", isHit: false },
      { text: "piano", isHit: true },
      { text: ", the ", isHit: false },
      { text: "piano", isHit: true },
    ],
  );
  assert.deepEqual(piecesOf({ snippet: "tea", highlights: [] }), [{ text: "tea", isHit: false }]);
});

test("days begin and end where the reader is, also those that are shorter", () => {
  assert.deepEqual(timesOf({ from: "2026-03-29", to: "2026-03-29" }), {
    from: "2026-03-28T23:00:00.000Z",
    to: "2026-03-29T22:00:00.000Z",
  });
  assert.deepEqual(timesOf({ from: "", to: "soon" }), { from: undefined, to: undefined });
  assert.equal(dateOf("2026-11-24").getDate(), 24);
});

function createServer() {
  const server = {
    asked: [],
    found: undefined,
    search: (q, options) => new Promise((resolve, reject) => server.asked.push({ q, options, resolve, reject })),
    onChange: (found) => (server.found = found),
    questions: () => server.asked.map(({ q }) => q),
    async answer(number, items, nextCursor = null) {
      server.asked[number].resolve({ items, nextCursor });
      await new Promise(setImmediate);
    },
    async fail(number, message) {
      server.asked[number].reject(new Error(message));
      await new Promise(setImmediate);
    },
  };
  return server;
}
