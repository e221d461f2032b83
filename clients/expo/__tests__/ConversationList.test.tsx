import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";

import { mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { TALK, refusal, said, snapshot } from "./support/omilinkServer";

const WALK = { ...TALK, id: "walk", title: "A walk", lastMessageAt: "2025-12-31T10:00:00Z" };

test("a list of which only a part is there says why, and is completed by itself", async () => {
  mockServer.answers["GET /conversations"] = () => refusal(503, "busy", "The server is busy.");
  await openTheList();
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  expect(screen.getByText("A talk")).toBeOnTheScreen();
  mockServer.answers["GET /conversations"] = () => ({ ok: true, items: [WALK], nextCursor: null });
  expect(await screen.findByText("A walk")).toBeOnTheScreen();
  expect(screen.queryByText("The server is busy.")).toBeNull();
});

test("without a connection it says so, and lets one try", async () => {
  mockServer.answers["GET /conversations"] = () => refusal(503, "busy", "The server is busy.");
  await openTheList();
  mockServer.isReachable = false;
  await act(async () => mockServer.streams[0]!.end());
  const button = await screen.findByRole("button", { name: "Try now" });
  expect(screen.getByText(/^The server cannot be reached/)).toBeOnTheScreen();
  mockServer.isReachable = true;
  mockServer.answers["GET /conversations"] = () => ({ ok: true, items: [WALK], nextCursor: null });
  await fireEvent.press(button);
  await theStream(1);
  await tell({ type: "connected", cursor: "c3", resumed: true }, { type: "caught_up" });
  expect(await screen.findByText("A walk")).toBeOnTheScreen();
  await waitFor(() => expect(screen.queryByRole("button", { name: "Try now" })).toBeNull());
});

async function openTheList(): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  await fireEvent.press(screen.getByRole("link", { name: "Conversations" }));
}
