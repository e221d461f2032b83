/** The client over the JavaScript of `expo/fetch` that phones run. Only the native side below it is a stand-in. */
import { connections, theConnection, type Connection } from "./support/nativeFetch";
import { waitFor } from "@testing-library/react-native";
import { apiStreamCurrentConversation, type LiveEvent, type StreamState } from "omilink";

import { keepToken } from "../src/account/token";
import { configureClient } from "../src/client";
import { newWords, said } from "./support/omilinkServer";

jest.mock("expo-secure-store");
jest.mock("@react-native-async-storage/async-storage", () =>
  jest.requireActual("@react-native-async-storage/async-storage/jest/async-storage-mock"),
);

const CONNECTED: LiveEvent = { type: "connected", cursor: "c0", resumed: false };
const CAUGHT_UP: LiveEvent = { type: "caught_up" };
/** Characters of two, three and four bytes. */
const WORDS = newWords(said("Grüße aus 東京 🌸", 1));

let stream: ReturnType<typeof apiStreamCurrentConversation> | undefined;
let told: LiveEvent[];
let states: StreamState[];

beforeEach(async () => {
  process.env.EXPO_PUBLIC_OMILINK_URL = "http://omilink.test";
  connections.length = 0;
  told = [];
  states = [];
  await keepToken("token-1");
  configureClient();
});

afterEach(() => stream?.close());

test("the request goes out signed with the token, and without cookies", async () => {
  follow({ after: "c7" });
  const { path, init } = await theConnection();
  expect(path).toBe("/conversations/current/stream");
  expect(init).toMatchObject({ method: "GET", credentials: "omit" });
  expect(Object.fromEntries(init.headers!)).toEqual({
    Accept: "text/event-stream",
    Authorization: "Bearer token-1",
    "Last-Event-ID": "c7",
  });
});

test("words arrive from a chunk that ends within an event, and from the rest of it", async () => {
  const connection = await openStream();
  const event = eventOf("c2", WORDS);
  connection.send(event.slice(0, event.length / 2));
  connection.send(event.slice(event.length / 2) + eventOf("c3", CAUGHT_UP));
  await waitFor(() => expect(told).toEqual([CONNECTED, WORDS, CAUGHT_UP]));
  expect(states).toEqual(["connecting", "catching_up", "live"]);
});

test("words arrive whole however they are cut, within a character as well", async () => {
  const connection = await openStream();
  for (const byte of new TextEncoder().encode(eventOf("c2", WORDS))) connection.send(Uint8Array.of(byte));
  await waitFor(() => expect(told).toEqual([CONNECTED, WORDS]));
});

test("what came before the first look at it is not lost", async () => {
  follow();
  const first = await theConnection();
  first.answer();
  first.send(eventOf("c1", CONNECTED).slice(0, 10));
  first.send(eventOf("c1", CONNECTED).slice(10) + eventOf("c2", WORDS));
  await waitFor(() => expect(told).toEqual([CONNECTED, WORDS]));
});

test("neither is what came and ended before it", async () => {
  follow();
  const first = await theConnection();
  first.answer();
  first.send(eventOf("c1", CONNECTED) + eventOf("c2", WORDS));
  first.end();
  await waitFor(() => expect(told).toEqual([CONNECTED, WORDS]));
  expect(lastEventId(await theConnection(1))).toBe("c2");
});

test.each([
  ["breaks off", (connection: Connection) => connection.breakOff()],
  ["is ended by the server", (connection: Connection) => connection.end()],
])("a connection that %s goes on after the last event", async (_, stop) => {
  const first = await openStream();
  first.send(eventOf("c2", WORDS) + eventOf("c3", CAUGHT_UP));
  await waitFor(() => expect(states.at(-1)).toBe("live"));
  stop(first);
  const second = await theConnection(1);
  expect(lastEventId(second)).toBe("c3");
  expect(states.at(-1)).toBe("connecting");

  const more = newWords(said("And more", 2));
  second.answer();
  second.send(eventOf("c4", more));
  await waitFor(() => expect(told.at(-1)).toEqual(more));
});

test("half an event of a connection that broke off does not mix with the next one", async () => {
  const first = await openStream();
  first.send(eventOf("c2", WORDS).slice(0, -10));
  first.breakOff();
  const second = await theConnection(1);
  expect(lastEventId(second)).toBe("c1");
  second.answer();
  second.send(eventOf("c2", WORDS));
  await waitFor(() => expect(told).toEqual([CONNECTED, WORDS]));
});

test("a connection that falls silent is canceled, and followed by another", async () => {
  const first = await openStream({ silence: 200 });
  first.send(eventOf("c2", CAUGHT_UP));
  expect(lastEventId(await theConnection(1))).toBe("c2");
  expect(first.isCanceled).toBe(true);
});

test("without a network it says so, and tries again", async () => {
  follow();
  (await theConnection()).breakOff("The Internet connection appears to be offline.");
  await waitFor(() => expect(states.at(-1)).toBe("offline"));
  expect(stream!.status.reason).toBe("The server cannot be reached.");
  const second = await theConnection(1);
  second.answer();
  second.send(eventOf("c1", CONNECTED));
  await waitFor(() => expect(told).toEqual([CONNECTED]));
});

test("a sign-in that is refused ends at signed out", async () => {
  follow();
  const refused = await theConnection();
  refused.answer(401, "application/json");
  refused.send(JSON.stringify({ ok: false, error: "not_signed_in", message: "Sign in." }));
  refused.end();
  await waitFor(() => expect(states.at(-1)).toBe("signed_out"));
  expect(stream!.status.reason).toBe("Sign in.");
  expect(connections).toHaveLength(1);
});

test.each([
  ["before the answer", async () => (follow(), theConnection())],
  ["between two words", () => openStream()],
])("stopping %s cancels the request on the phone", async (_, begin) => {
  const connection = await begin();
  expect(connection.isCanceled).toBe(false);
  stream!.close();
  expect(connection.isCanceled).toBe(true);
});

/** On a phone they never come alone: who begins to read is given an empty chunk, which tells of no word. */
test("where headers come without bytes, the words are fetched", async () => {
  follow({ after: "c7", timings: { firstBytes: 200 } });
  const heldBack = await theConnection();
  heldBack.answer();
  const poll = await theConnection(1);
  expect(heldBack.isCanceled).toBe(true);
  expect(poll.path).toBe("/conversations/current/events?after=c7");
  poll.answer(200, "application/json");
  poll.send(JSON.stringify({ ok: true, events: [{ ...WORDS, id: "c8" }], cursor: "c8", more: false }));
  poll.end();
  await waitFor(() => expect(told).toMatchObject([WORDS]));
  expect(states).toEqual(["connecting", "polling"]);
});

function follow(options: Parameters<typeof apiStreamCurrentConversation>[1] = {}): void {
  stream = apiStreamCurrentConversation(
    { onEvent: (event) => told.push(event), onState: (state) => states.push(state) },
    options,
  );
}

/** A stream that has begun and is being read. */
async function openStream(timings = {}): Promise<Connection> {
  follow({ timings });
  const connection = await theConnection();
  connection.answer();
  await waitFor(() => expect(connection.state).toBe("streaming"));
  connection.send(eventOf("c1", CONNECTED));
  await waitFor(() => expect(told).toEqual([CONNECTED]));
  return connection;
}

function eventOf(id: string, event: LiveEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}

function lastEventId({ init }: Connection): string | undefined {
  return Object.fromEntries(init.headers!)["Last-Event-ID"];
}
