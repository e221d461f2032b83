import { createServer } from "node:http";

/** Serves `answer(request, response)` on a free port until the test ends. */
export async function serve(test, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Remembers what handlers are told, and waits for what is still to come. */
export function createWatcher() {
  const seen = [];
  const waiting = new Set();
  const tell = (entry) => {
    seen.push(entry);
    for (const look of waiting) look();
  };
  return {
    handlers: {
      onEvent: (event) => tell({ event }),
      onState: (state, status) => tell({ state, status }),
      onView: (view) => tell({ view }),
    },
    get states() {
      return seen.flatMap(({ state }) => state ?? []);
    },
    get events() {
      return seen.flatMap(({ event }) => event ?? []);
    },
    /** Resolves with the first entry, from now on or from before, that fits. */
    until: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = seen.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    untilState(name, times = 1) {
      return this.until(() => this.states.filter((state) => state === name).length >= times);
    },
  };
}

export function frame(id, event) {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}

export function openEventStream(response, text = "") {
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  if (text) response.write(text);
}

export function sendJson(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export async function readJson(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : undefined;
}

export function conversation(id, { at = 0, order = at, messageCount = 0 } = {}) {
  const time = new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString();
  return {
    id,
    title: `About ${id}`,
    summary: null,
    createdAt: time,
    startedAt: time,
    lastMessageAt: time,
    order,
    messageCount,
    omiSessionKey: "session-123",
    source: "omi",
  };
}

export function message(id, { conversationId = "c1", position = 0, seq = 0, rev = 1, text = id } = {}) {
  return {
    id,
    conversationId,
    role: "USER",
    text,
    source: "omi",
    createdAt: "2026-01-01T00:00:00.000Z",
    spokenAt: "2026-01-01T00:00:00.000Z",
    speaker: "SPEAKER_1",
    isUser: false,
    start: position,
    end: position + 1,
    position,
    seq,
    rev,
  };
}

/** The same random numbers for the same seed, so that what fails once fails again. */
export function createRandom(seed) {
  let state = seed;
  return function random(below) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
