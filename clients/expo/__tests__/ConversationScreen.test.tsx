import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";

import { mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { TALK, refusal, said, snapshot } from "./support/omilinkServer";

const WALK = { ...TALK, id: "walk", title: "A walk", lastMessageAt: "2025-12-31T10:00:00Z" };
const PAGE = { ok: true, items: [said("Look at that bird", 1, { conversationId: "walk" })], nextCursor: null };

let answerPage: () => object | Promise<object>;

beforeEach(() => {
  answerPage = () => PAGE;
  mockServer.answers["GET /conversations"] = () => ({ ok: true, items: [WALK], nextCursor: null });
  mockServer.answers["GET /conversations/walk/messages"] = () => answerPage();
});

test.each([
  ["answers 503", () => refusal(503, "busy", "The server is busy."), "The server is busy."],
  ["does not answer", () => Promise.reject(new TypeError("Network request failed")), /^The server cannot be reached/],
])("what could not be opened while the server %s is opened when the connection is back", async (_, fail, problem) => {
  answerPage = fail;
  await openTheWalk();
  expect(await screen.findByText(problem)).toBeOnTheScreen();

  await act(async () => mockServer.streams[0]!.end());
  await theStream(1);
  expect(await screen.findByText(problem)).toBeOnTheScreen();
  answerPage = () => PAGE;
  await tell({ type: "connected", cursor: "c3", resumed: true }, { type: "caught_up" });
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
  expect(screen.queryByText(problem)).toBeNull();
});

test("a try that outlasts the break and then fails is followed by another", async () => {
  let fail = () => {};
  answerPage = () => new Promise((_, reject) => (fail = () => reject(new TypeError("Network request failed"))));
  await openTheWalk();
  await waitFor(() => expect(mockServer.askedFor("GET", "/conversations/walk/messages")).toHaveLength(1));
  await act(async () => mockServer.streams[0]!.end());
  await theStream(1);
  await tell({ type: "connected", cursor: "c3", resumed: true }, { type: "caught_up" });
  answerPage = () => PAGE;
  await act(async () => fail());
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
});

test("what could not be opened is tried again by itself while the connection stays", async () => {
  answerPage = () => refusal(503, "busy", "The server is busy.");
  await openTheWalk();
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  answerPage = () => PAGE;
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
});

test("without a connection it says so and lets one try, instead of loading for ever", async () => {
  answerPage = () => refusal(503, "busy", "The server is busy.");
  await openTheWalk();
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  mockServer.isReachable = false;
  await act(async () => mockServer.streams[0]!.end());
  expect(await screen.findByRole("heading", { name: "No connection" })).toBeOnTheScreen();
  mockServer.isReachable = true;
  answerPage = () => PAGE;
  await fireEvent.press(screen.getByRole("button", { name: "Try now" }));
  await theStream(1);
  await tell({ type: "connected", cursor: "c3", resumed: true }, { type: "caught_up" });
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
});

test("a conversation that is gone says so", async () => {
  answerPage = () => refusal(404, "not_found");
  await openTheWalk();
  expect(await screen.findByText("This conversation is not there any more.")).toBeOnTheScreen();
});

test("a conversation that is deleted elsewhere makes room for the list, with a word", async () => {
  await openTheWalk();
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
  await tell({ type: "conversation_deleted", conversationId: "walk" });
  expect(await screen.findByText("This conversation is no longer among yours.")).toBeOnTheScreen();
  expect(screen.getByRole("heading", { name: "Conversations" })).toBeOnTheScreen();
  expect(screen.queryByText("A walk")).toBeNull();
});

const CALL = { id: "call", text: "Call Hedda", done: false, dueAt: null, owner: "Jonas", messageIds: [] };
const TOLD = {
  ...WALK,
  title: "Birds at the lake",
  titleSource: "omi" as const,
  emoji: "🐦",
  summary: "Ada saw **many** birds.",
  sections: [{ heading: "Geese", text: "- Grey ones", messageIds: [] }],
  actionItems: [CALL],
};

test("what OMI says of a conversation stands above its words as soon as it comes", async () => {
  await openTheWalk();
  expect(await screen.findByText("Look at that bird")).toBeOnTheScreen();
  expect(screen.queryByRole("button", { name: /Summary/ })).toBeNull();
  await tell({ type: "conversation_changed", conversationId: "walk", conversation: TOLD });
  expect(screen.getByRole("heading", { name: "🐦 Birds at the lake" })).toBeOnTheScreen();
  expect(screen.getByText("Ada saw many birds.")).toBeOnTheScreen();

  expect(screen.queryByText("•  Grey ones")).toBeNull();
  await fireEvent.press(screen.getByRole("button", { name: "Geese" }));
  expect(screen.getByText("•  Grey ones")).toBeOnTheScreen();
  await fireEvent.press(screen.getByRole("button", { name: /Summary/ }));
  expect(screen.queryByText("Ada saw many birds.")).toBeNull();
  expect(screen.getByText("Look at that bird")).toBeOnTheScreen();
});

test("an action item stays as it was when the server refuses the tick", async () => {
  mockServer.answers["GET /conversations"] = () => ({ ok: true, items: [TOLD], nextCursor: null });
  mockServer.answers["PATCH /conversations/walk/action-items/call"] = () => refusal(503, "busy", "The server is busy.");
  await openTheWalk("🐦 Birds at the lake");
  await fireEvent.press(await screen.findByRole("checkbox", { name: /Call Hedda/ }));
  expect(await screen.findByText("The server is busy.")).toBeOnTheScreen();
  expect(screen.getByRole("checkbox", { name: /Call Hedda/ })).not.toBeChecked();
  const [asked] = mockServer.askedFor("PATCH", "/conversations/walk/action-items/call");
  expect(asked!.body).toEqual({ done: true });
});

async function openTheWalk(title = "A walk"): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...snapshot(said("Good morning", 1)));
  await fireEvent.press(screen.getByRole("link", { name: "Conversations" }));
  await fireEvent.press(await screen.findByText(title));
}
