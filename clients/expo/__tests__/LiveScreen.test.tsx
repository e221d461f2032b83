import { act, screen, waitFor } from "@testing-library/react-native";
import { AccessibilityInfo } from "react-native";

import { mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { TALK, newWords, said, snapshot } from "./support/omilinkServer";

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

test("of many messages at once the number is read out", async () => {
  const announced = jest.spyOn(AccessibilityInfo, "announceForAccessibilityWithOptions").mockClear();
  await startLive();
  await tell(newWords(...Array.from({ length: 9 }, (_, number) => said(`Word ${number}`, number + 2))));
  expect(await screen.findByText("Word 8")).toBeOnTheScreen();
  await waitFor(() => expect(announced.mock.calls.join()).toContain("9 new messages"));
  expect(announced.mock.calls.join()).not.toContain("Word");
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

test("a connection that is made anew is worth a word only if that takes longer", async () => {
  await startSignedIn();
  const first = await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  expect(await screen.findByText("Good morning")).toBeOnTheScreen();
  const now = Date.now();
  const clock = jest.spyOn(Date, "now").mockReturnValue(now);
  mockServer.isSilent = true;
  await act(async () => first.end());
  expect(screen.getByTestId("connection-state")).toHaveTextContent("Live");
  clock.mockReturnValue(now + 1_500);
  await waitFor(() => expect(screen.getByTestId("connection-state")).toHaveTextContent("Connecting…"));
  clock.mockRestore();
  await act(async () => mockServer.answersAtLast());
});

test("where streams are held back the words are fetched", async () => {
  mockServer.letsStreamsThrough = false;
  mockServer.events = snapshot(said("Fetched", 1)).slice(1, 2);
  await startSignedIn();
  expect(await screen.findByText("Fetched")).toBeOnTheScreen();
  expect(screen.getByText("Updated every few seconds")).toBeOnTheScreen();
  expect(screen.getByText(/holds streamed data back/)).toBeOnTheScreen();
});

async function startLive(): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  await screen.findByText("Good morning");
}
