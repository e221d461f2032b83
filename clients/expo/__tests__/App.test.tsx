import AsyncStorage from "@react-native-async-storage/async-storage";
import { act, configure, fireEvent, render, screen, waitFor } from "@testing-library/react-native";
import * as SecureStore from "expo-secure-store";
import { AccessibilityInfo, AppState, type AppStateStatus } from "react-native";

import { rememberUser } from "../src/account/rememberedUser";
import { dropToken, keepToken } from "../src/account/token";
import App from "../src/App";
import { ADA, BEN, OmilinkServer, newWords, said, snapshot } from "./support/omilinkServer";

jest.mock("expo-secure-store");
jest.mock("@react-native-async-storage/async-storage", () =>
  jest.requireActual("@react-native-async-storage/async-storage/jest/async-storage-mock"),
);
jest.mock(
  "react-native-safe-area-context",
  () => jest.requireActual<{ default: object }>("react-native-safe-area-context/jest/mock").default,
);
jest.mock("expo/fetch", () => ({ fetch: (...request: [string, RequestInit]) => mockServer.fetch(...request) }));

configure({ asyncUtilTimeout: 10_000 });
jest.setTimeout(30_000);

let mockServer: OmilinkServer;
let comeToFront: () => void;

const safe = new Map<string, string>();
const store = jest.mocked(SecureStore);

beforeEach(async () => {
  process.env.EXPO_PUBLIC_OMILINK_URL = "http://omilink.test";
  mockServer = new OmilinkServer();
  safe.clear();
  AsyncStorage.clear();
  store.getItemAsync.mockImplementation(async (key) => safe.get(key) ?? null);
  store.setItemAsync.mockImplementation(async (key, value) => void safe.set(key, value));
  store.deleteItemAsync.mockImplementation(async (key) => void safe.delete(key));
  await dropToken();
  const listeners = new Set<(state: AppStateStatus) => void>();
  jest.spyOn(AppState, "addEventListener").mockImplementation((_, listener) => {
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  });
  comeToFront = () => listeners.forEach((listener) => listener("active"));
});

test("a newcomer signs in, and the token goes into the safe storage and the header", async () => {
  await render(<App />);
  await signIn();
  const stream = await theStream();
  expect(safe.get("omilink.token")).toBe("token-1");
  expect(stream.asked.headers.Authorization).toBe("Bearer token-1");
  expect(mockServer.asked.map(({ path }) => path).join()).not.toContain("token-1");
});

test("nothing is called empty before the server has said so", async () => {
  await startSignedIn();
  await theStream();
  expect(screen.getByText("Loading…")).toBeOnTheScreen();
  expect(screen.queryByText("Link your wearable")).toBeNull();
  await tell(...snapshot());
  expect(await screen.findByText("Link your wearable")).toBeOnTheScreen();
});

test("words appear as they are said, and a growing one is replaced in place", async () => {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  expect(await screen.findByText("Good morning")).toBeOnTheScreen();
  expect(screen.getByTestId("connection-state")).toHaveTextContent("Live");

  await tell(newWords(said("It is going to", 2)));
  expect(await screen.findByText("It is going to")).toBeOnTheScreen();
  await tell({ ...newWords(said("It is going to rain", 2, { rev: 1 })), type: "messages_updated" } as never);
  expect(await screen.findByText("It is going to rain")).toBeOnTheScreen();
  expect(screen.queryByText("It is going to")).toBeNull();
});

test("a screen reader hears who said what, and when", async () => {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1), said("Hello", 2, { isUser: true })));
  expect(await screen.findByLabelText(/^Speaker 1, .*: Good morning$/)).toBeOnTheScreen();
  expect(screen.getByLabelText(/^You, .*: Hello$/)).toBeOnTheScreen();
});

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

test("what was missed is not read out, what is said from then on is", async () => {
  const announced = jest.spyOn(AccessibilityInfo, "announceForAccessibilityWithOptions").mockClear();
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot(said("Before", 1)));
  await act(async () => first.end());
  await theStream(1);
  await tell({ type: "connected", cursor: "c3", resumed: true }, newWords(said("Missed", 2)), { type: "caught_up" });
  expect(await screen.findByText("Missed")).toBeOnTheScreen();
  await tell(newWords(said("Now", 3)));
  await waitFor(() => expect(announced).toHaveBeenCalledTimes(1));
  expect(announced.mock.calls[0]![0]).toContain("Now");
});

test("coming to the front tries again at once", async () => {
  mockServer.isReachable = true;
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot(said("Before", 1)));
  mockServer.isReachable = false;
  await act(async () => first.end());
  expect(await screen.findByText("Offline")).toBeOnTheScreen();
  expect(screen.getByText("Before")).toBeOnTheScreen();

  mockServer.isReachable = true;
  await act(async () => comeToFront());
  await theStream(1);
});

test("where streams are held back the words are fetched", async () => {
  mockServer.letsStreamsThrough = false;
  mockServer.events = snapshot(said("Fetched", 1)).slice(1, 2);
  await startSignedIn();
  expect(await screen.findByText("Fetched")).toBeOnTheScreen();
  expect(screen.getByText("Updated every few seconds")).toBeOnTheScreen();
  expect(screen.getByText(/holds streamed data back/)).toBeOnTheScreen();
});

test("a revoked sign-in ends at the sign-in screen, without the token", async () => {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Secret plans", 1)));
  await tell({ type: "signed_out", reason: "signed_out" });
  expect(await screen.findByText("This sign-in was ended.")).toBeOnTheScreen();
  expect(screen.queryByText("Secret plans")).toBeNull();
  expect(safe.size).toBe(0);
});

test("a storage that fails keeps nobody from leaving", async () => {
  await startSignedIn();
  await theStream();
  store.deleteItemAsync.mockRejectedValue(new Error("locked"));
  jest.mocked(AsyncStorage.removeItem).mockRejectedValueOnce(new Error("full"));
  await tell({ type: "signed_out", reason: "signed_out" });
  expect(await screen.findByText("This sign-in was ended.")).toBeOnTheScreen();
});

test("a storage that fails keeps nobody from entering", async () => {
  await render(<App />);
  await screen.findByLabelText("Email address");
  store.setItemAsync.mockRejectedValue(new Error("locked"));
  jest.mocked(AsyncStorage.setItem).mockRejectedValueOnce(new Error("full"));
  await signIn();
  expect((await theStream()).asked.headers.Authorization).toBe("Bearer token-1");
});

test("a sign-in that has expired while the app was closed says so", async () => {
  mockServer.answers["GET /me"] = undefined as never;
  mockServer.fetch = async () => Response.json({ ok: false, error: "not_signed_in", message: "" }, { status: 401 });
  await startSignedIn();
  expect(await screen.findByText("You were signed out. Sign in again to go on.")).toBeOnTheScreen();
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

test("OMI accounts that cannot be had hide no sessions", async () => {
  delete mockServer.answers["GET /link/omi"];
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Sessions" }));
  expect(await screen.findByText(/Nothing yet. With its first words/)).toBeOnTheScreen();
  expect(screen.getByText("Sign in.")).toBeOnTheScreen();
  expect(screen.queryByText("Loading…")).toBeNull();
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

test("signing out without a server still takes the token off the phone", async () => {
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Account" }));
  mockServer.isReachable = false;
  await fireEvent.press(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("You signed out.")).toBeOnTheScreen();
  expect(safe.size).toBe(0);
});

test("a start without a server shows what was said last, and goes on from there", async () => {
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
  await act(async () => comeToFront());
  expect((await theStream(1)).asked.headers["Last-Event-ID"]).toBe("c3");
});

test("a start on a network that swallows everything shows what was said last, and then what the server says", async () => {
  const { unmount } = await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Before", 1)));
  await unmount();

  mockServer.isSilent = true;
  await startSignedIn();
  expect(await screen.findByText("Before")).toBeOnTheScreen();
  expect(screen.getByTestId("connection-state")).toHaveTextContent("Connecting…");
  await act(async () => mockServer.answersAtLast());
  await theStream(1);
  await tell(newWords(said("After", 2)));
  expect(await screen.findByText("After")).toBeOnTheScreen();
});

test("what the server says late about who is signed in counts", async () => {
  mockServer.isSilent = true;
  mockServer.answers["GET /me"] = () => ({ ok: true, user: BEN, omi_links: [] });
  await startSignedIn();
  await fireEvent.press(await screen.findByRole("link", { name: "Account" }));
  expect(screen.getByText("Ada")).toBeOnTheScreen();
  await act(async () => mockServer.answersAtLast());
  await fireEvent.press(await screen.findByRole("link", { name: "Account" }));
  expect(await screen.findByText("Ben")).toBeOnTheScreen();
  expect(screen.queryByText("Ada")).toBeNull();
});

test("a late answer for whoever has signed out says nothing of whoever has signed in", async () => {
  mockServer.isSilent = true;
  delete mockServer.answers["GET /me"];
  await startSignedIn();
  await fireEvent.press(await screen.findByRole("link", { name: "Account" }));
  await fireEvent.press(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("You signed out.")).toBeOnTheScreen();
  expect(safe.size).toBe(0);

  mockServer.isSilent = false;
  await signIn();
  const stream = await theStream();
  await act(async () => mockServer.answersAtLast());
  await act(async () => stream.tell(...snapshot(said("Good morning", 1))));
  expect(await screen.findByText("Good morning")).toBeOnTheScreen();
  expect(safe.get("omilink.token")).toBe("token-1");
});

test("an app that was not told where omilink answers says so", async () => {
  delete process.env.EXPO_PUBLIC_OMILINK_URL;
  await render(<App />);
  expect(await screen.findByText(/^Tell the app where omilink answers/)).toBeOnTheScreen();
});

test("a first start without a server says so and tries again when asked", async () => {
  mockServer.isReachable = false;
  await render(<App />);
  expect(await screen.findByText("No connection")).toBeOnTheScreen();
  mockServer.isReachable = true;
  await fireEvent.press(screen.getByText("Try again"));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeOnTheScreen();
});

async function startSignedIn() {
  await keepToken("token-0");
  await rememberUser(ADA);
  return render(<App />);
}

async function signIn(): Promise<void> {
  await fireEvent.changeText(await screen.findByLabelText("Email address"), "ada@example.org");
  await fireEvent.changeText(screen.getByLabelText("Password"), "a long password");
  await fireEvent.press(screen.getByRole("button", { name: "Sign in" }));
}

async function theStream(number = 0): Promise<OmilinkServer["streams"][number]> {
  await waitFor(() => expect(mockServer.streams.length).toBeGreaterThan(number));
  return mockServer.streams[number]!;
}

/** What the newest stream tells. */
async function tell(...events: Parameters<OmilinkServer["streams"][number]["tell"]>): Promise<void> {
  await act(async () => mockServer.streams.at(-1)!.tell(...events));
}
