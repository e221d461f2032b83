import { bring, mockServer, startSignedIn, tell, theStream } from "./support/phone";
import AsyncStorage from "@react-native-async-storage/async-storage";
import { act, screen, waitFor } from "@testing-library/react-native";

import { newWords, said, snapshot } from "./support/omilinkServer";

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

test("the remembered session is linked at login", async () => {
  await AsyncStorage.setItem("omilink.session.u1", "kitchen");
  await startSignedIn();
  await theStream();
  await tell(...snapshot());
  await waitFor(() => expect(mockServer.askedFor("POST", "/sessions/link")).toHaveLength(1));
  expect(mockServer.askedFor("POST", "/sessions/link")[0]!.body).toEqual({ session_id: "kitchen", again: true });
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

test("a session that was unlinked elsewhere is not linked again at the next login", async () => {
  await AsyncStorage.setItem("omilink.session.u1", "kitchen");
  await startSignedIn();
  await theStream();
  await tell(...snapshot(), {
    type: "session_unlinked",
    session: { id: "kitchen" } as never,
    reason: "unlinked",
  });
  expect(await screen.findByText(/“kitchen” is no longer linked to you/)).toBeOnTheScreen();
  await waitFor(async () => expect(await AsyncStorage.getItem("omilink.session.u1")).toBeNull());
});

/** So many times at once, and then not before the test has ended. */
function tryAgainUnasked(times: number): void {
  const waits = jest.spyOn(Math, "random").mockReturnValue(1000);
  for (let time = 0; time < times; time += 1) waits.mockReturnValueOnce(0);
}
