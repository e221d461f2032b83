import { bring, mockServer, startSignedIn, tell, theStream } from "./support/phone";
import AsyncStorage from "@react-native-async-storage/async-storage";
import { act, screen, waitFor } from "@testing-library/react-native";
import type { LiveEvent } from "omilink";

import { recallSessions, rememberSession } from "../src/live/rememberedSession";
import { newWords, refusal, said, snapshot } from "./support/omilinkServer";

test("a stream that breaks goes on after the last event it has seen", async () => {
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot(said("Before", 1)));
  await act(async () => first.end());
  const second = await theStream(1);
  expect(second.asked.headers["Last-Event-ID"]).toBe("c3");
  await tell(newWords(said("Meanwhile", 2)));
  expect(await screen.findByText("Meanwhile")).toBeOnTheScreen();
  expect(screen.getByText("Before")).toBeOnTheScreen();
});

test("coming to the front tries again at once", async () => {
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot(said("Before", 1)));
  mockServer.isReachable = false;
  tryAgainUnasked(1);
  await act(async () => first.end());
  expect(await screen.findByText("Offline")).toBeOnTheScreen();
  expect(screen.getByText("Before")).toBeOnTheScreen();

  mockServer.isReachable = true;
  await bring("active");
  await theStream(1);
});

test("a start without a server shows what was said last, and goes on from there", async () => {
  tryAgainUnasked(0);
  const { unmount } = await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Before", 1)));
  expect(await screen.findByText("Before")).toBeOnTheScreen();
  await unmount();

  mockServer.isReachable = false;
  await startSignedIn();
  expect(await screen.findByText("Before")).toBeOnTheScreen();
  expect(await screen.findByText("Offline")).toBeOnTheScreen();

  mockServer.isReachable = true;
  await bring("active");
  expect((await theStream(1)).asked.headers["Last-Event-ID"]).toBe("c3");
});

test("the remembered sessions are linked at login, and nobody else's", async () => {
  await remember("u1", "kitchen", "pendant");
  await remember("u2", "bens");
  await startSignedIn();
  await theStream();
  await tell(...snapshot());
  await waitFor(() => expect(linked()).toHaveLength(2));
  expect(linked()).toEqual(["kitchen", "pendant"].map((id) => ({ session_id: id, again: true })));
});

test("a session that is lost is forgotten, and the others are linked all the same", async () => {
  await remember("u1", "lost", "kitchen");
  const { fetch } = mockServer;
  mockServer.fetch = async (address, init) =>
    String(init?.body).includes("lost")
      ? refusal(409, "session_not_available", "Not available.")
      : fetch(address, init);
  await startSignedIn();
  await theStream();
  await tell(...snapshot());
  expect(await screen.findByText("Not available.")).toBeOnTheScreen();
  await waitFor(async () => expect(await recallSessions("u1")).toEqual(["kitchen"]));
  await waitFor(() => expect(linked()).toEqual([{ session_id: "kitchen", again: true }]));
});

test("the newest twenty sessions are remembered, each once", async () => {
  await remember("u1", ...Array.from({ length: 25 }, (_, n) => `s${n}`), "s10");
  const kept = await recallSessions("u1");
  expect(kept).toHaveLength(20);
  expect([kept[0], kept.at(-1), kept.filter((id) => id === "s10").length]).toEqual(["s5", "s10", 1]);
});

test("the remembered session is linked later when the server could not be reached", async () => {
  await AsyncStorage.setItem("omilink.session.u1", "kitchen");
  const { fetch } = mockServer;
  let failures = 0;
  mockServer.fetch = async (address, init) => {
    if (!address.endsWith("/sessions/link") || failures > 0) return fetch(address, init);
    failures += 1;
    throw new TypeError("Network request failed");
  };
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot());
  await waitFor(() => expect(failures).toBe(1));
  await act(async () => first.end());
  await theStream(1);
  await tell({ type: "connected", cursor: "c3", resumed: true }, { type: "caught_up" });
  await waitFor(() => expect(mockServer.askedFor("POST", "/sessions/link")).toHaveLength(1));
});

test("sessions that were unlinked elsewhere are not linked again at the next login", async () => {
  await remember("u1", "kitchen", "pendant", "bracelet");
  await startSignedIn();
  await theStream();
  const unlinked = (id: string) =>
    ({ type: "session_unlinked", session: { id } as never, reason: "unlinked" }) satisfies LiveEvent;
  await tell(...snapshot(), unlinked("kitchen"), unlinked("bracelet"));
  expect(await screen.findByText(/“bracelet” is no longer linked to you/)).toBeOnTheScreen();
  await waitFor(async () => expect(await recallSessions("u1")).toEqual(["pendant"]));
});

async function remember(userId: string, ...sessionIds: string[]): Promise<void> {
  await Promise.all(sessionIds.map((sessionId) => rememberSession(userId, sessionId)));
}

function linked(): unknown[] {
  return mockServer.askedFor("POST", "/sessions/link").map(({ body }) => body);
}

/** So many times at once, and then not before the test has ended. */
function tryAgainUnasked(times: number): void {
  const waits = jest.spyOn(Math, "random").mockReturnValue(1000);
  for (let time = 0; time < times; time += 1) waits.mockReturnValueOnce(0);
}
