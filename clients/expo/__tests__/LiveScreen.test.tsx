import { screen, waitFor } from "@testing-library/react-native";
import { AccessibilityInfo } from "react-native";

import { mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { TALK, said, snapshot } from "./support/omilinkServer";

const LATER = {
  ...TALK,
  id: "later",
  title: "Later",
  createdAt: "2026-01-01T12:00:00Z",
  lastMessageAt: "2026-01-01T12:00:00Z",
};
const EARLIER = {
  ...TALK,
  id: "earlier",
  title: "Earlier",
  createdAt: "2025-12-31T10:00:00Z",
  lastMessageAt: "2025-12-31T10:00:00Z",
};

test("a conversation that begins is announced, and its first words are read out", async () => {
  const announced = jest.spyOn(AccessibilityInfo, "announceForAccessibilityWithOptions").mockClear();
  await startLive();
  await tell({
    type: "new_messages",
    conversationId: "later",
    conversation: LATER,
    messages: [said("Good evening", 2, { conversationId: "later" })],
  });
  expect(await screen.findByText("Good evening")).toBeOnTheScreen();
  expect(screen.getByText(/^A new conversation began at/)).toBeOnTheScreen();
  await waitFor(() => expect(announced.mock.calls.join()).toContain("Speaker 1: Good evening"));
  expect(announced.mock.calls.join()).not.toContain("Good morning");
});

test("an older one that takes the place of one that was deleted is not called new", async () => {
  mockServer.answers["GET /conversations/current"] = () => ({
    ok: true,
    conversation: EARLIER,
    messages: [said("Yesterday", 3, { conversationId: "earlier" })],
  });
  await startLive();
  await tell({ type: "conversation_deleted", conversationId: TALK.id });
  expect(await screen.findByText("Yesterday")).toBeOnTheScreen();
  expect(screen.queryByText(/A new conversation began/)).toBeNull();
});

async function startLive(): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  await screen.findByText("Good morning");
}
