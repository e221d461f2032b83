import { mockSafe, mockServer, startSignedIn, tell, theStream } from "./support/phone";
import AsyncStorage from "@react-native-async-storage/async-storage";
import { act, fireEvent, render, screen } from "@testing-library/react-native";
import * as SecureStore from "expo-secure-store";

import { BEN, newWords, said, snapshot } from "./support/omilinkServer";
import { dropToken } from "../src/account/token";
import App from "../src/App";

describe("where nobody is signed in", () => {
  beforeEach(dropToken);

  test("a newcomer signs in, and the token goes into the safe storage and the header", async () => {
    await render(<App />);
    await signIn();
    const stream = await theStream();
    expect(mockSafe.get("omilink.token")).toBe("token-1");
    expect(stream.asked.headers.Authorization).toBe("Bearer token-1");
    expect(mockServer.asked.map(({ path }) => path).join()).not.toContain("token-1");
  });

  test("a storage that fails keeps nobody from entering", async () => {
    await render(<App />);
    await screen.findByLabelText("Email address");
    jest.spyOn(SecureStore, "setItemAsync").mockRejectedValue(new Error("locked"));
    jest.mocked(AsyncStorage.setItem).mockRejectedValueOnce(new Error("full"));
    await signIn();
    expect((await theStream()).asked.headers.Authorization).toBe("Bearer token-1");
  });

  test("a first start without a server says so and tries again when asked", async () => {
    mockServer.isReachable = false;
    await render(<App />);
    expect(await screen.findByText("No connection")).toBeOnTheScreen();
    mockServer.isReachable = true;
    await fireEvent.press(screen.getByText("Try again"));
    expect(await screen.findByRole("heading", { name: "Sign in" })).toBeOnTheScreen();
  });
});

test("a revoked sign-in ends at the sign-in screen, without the token", async () => {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Secret plans", 1)));
  await tell({ type: "signed_out", reason: "signed_out" });
  expect(await screen.findByText("You are signed out here: this sign-in was ended.")).toBeOnTheScreen();
  expect(screen.queryByText("Secret plans")).toBeNull();
  expect(mockSafe.size).toBe(0);
});

test("a storage that fails keeps nobody from leaving", async () => {
  await startSignedIn();
  await theStream();
  jest.spyOn(SecureStore, "deleteItemAsync").mockRejectedValue(new Error("locked"));
  jest.mocked(AsyncStorage.removeItem).mockRejectedValueOnce(new Error("full"));
  await tell({ type: "signed_out", reason: "signed_out" });
  expect(await screen.findByText("You are signed out here: this sign-in was ended.")).toBeOnTheScreen();
});

test("a sign-in that has expired while the app was closed says so", async () => {
  mockServer.answers["GET /me"] = undefined as never;
  mockServer.fetch = async () => Response.json({ ok: false, error: "not_signed_in", message: "" }, { status: 401 });
  await startSignedIn();
  expect(await screen.findByText("You were signed out. Sign in again to go on.")).toBeOnTheScreen();
});

test("signing out without a server still takes the token off the phone", async () => {
  await startSignedIn();
  await theStream();
  await fireEvent.press(screen.getByRole("link", { name: "Account" }));
  mockServer.isReachable = false;
  await fireEvent.press(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("You signed out.")).toBeOnTheScreen();
  expect(mockSafe.size).toBe(0);
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
  await act(() => fireEvent.press(screen.getByRole("button", { name: "Sign out" }))); // until it has given up waiting
  expect(await screen.findByText("You signed out.")).toBeOnTheScreen();
  expect(mockSafe.size).toBe(0);

  mockServer.isSilent = false;
  await signIn();
  const stream = await theStream();
  await act(async () => mockServer.answersAtLast());
  await act(async () => stream.tell(...snapshot(said("Good morning", 1))));
  expect(await screen.findByText("Good morning")).toBeOnTheScreen();
  expect(mockSafe.get("omilink.token")).toBe("token-1");
});

test("an app that was not told where omilink answers says so", async () => {
  delete process.env.EXPO_PUBLIC_OMILINK_URL;
  await render(<App />);
  expect(await screen.findByText(/^Tell the app where omilink answers/)).toBeOnTheScreen();
});

async function signIn(): Promise<void> {
  await fireEvent.changeText(await screen.findByLabelText("Email address"), "ada@example.org");
  await fireEvent.changeText(screen.getByLabelText("Password"), "a long password");
  await fireEvent.press(screen.getByRole("button", { name: "Sign in" }));
}
