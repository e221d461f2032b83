/** The list of messages as phones have it. Nothing lays out here, so a test says where the reader has scrolled to. */
import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";
import type { Message } from "omilink";
import { FlatList } from "react-native";

import { mockServer, startSignedIn, tell, theStream } from "./support/phone";
import { TALK, newWords, refusal, said, snapshot } from "./support/omilinkServer";

const HELD = Array.from({ length: 50 }, (_, number) => said(`Word ${number + 4}`, number + 4));
const OLDER = [said("First", 1), said("Second", 2), said("Third", 3)];
const MESSAGES = "/conversations/talk/messages";

const ROW = 60;
const SCREEN = 600;

test("at the newest words there is no pill, whatever is said", async () => {
  await startReading();
  await tell(newWords(said("Just now", 54)));
  expect(await screen.findByText("Just now")).toBeOnTheScreen();
  await scrollTo(79);
  await tell(newWords(said("And now", 55)));
  expect(await screen.findByText("And now")).toBeOnTheScreen();
  expect(pill()).toBeNull();
});

test("away from the newest words the pill counts what is new, and leads back there", async () => {
  const scrolled = jest.spyOn(FlatList.prototype, "scrollToOffset").mockImplementation(() => {});
  await startReading();
  await scrollTo(80);
  expect(pill()).toHaveAccessibleName("Newest");

  await tell(newWords(said("One", 54), said("Two", 55)), newWords(said("Three", 56)));
  await waitFor(() => expect(pill()).toHaveAccessibleName("3 new"));
  await fireEvent.press(pill()!);
  expect(scrolled.mock.calls).toEqual([[{ offset: 0, animated: true }]]);
  await scrollTo(0);
  expect(pill()).toBeNull();

  await scrollTo(300);
  expect(pill()).toHaveAccessibleName("Newest");
});

test("the phone keeps the newest words at the lower edge, and what is read in its place", async () => {
  await startReading();
  expect(list()).toHaveProp("inverted", true);
  expect(list().props.maintainVisibleContentPosition).toMatchObject({ autoscrollToTopThreshold: 80 });
});

test("a growing message is not counted as a new one", async () => {
  await startReading();
  await scrollTo(300);
  const grown = said("Word 53 and more", 53, { rev: 1 });
  await tell({ ...newWords(grown), type: "messages_updated" } as never);
  expect(await screen.findByText("Word 53 and more")).toBeOnTheScreen();
  expect(pill()).toHaveAccessibleName("Newest");
});

test("whoever has scrolled up stays in what they read when a new conversation begins", async () => {
  await startReading();
  await scrollTo(300);
  const later = { ...TALK, id: "later", title: "Later", lastMessageAt: "2026-01-01T12:00:00Z" };
  const evening = said("Good evening", 54, { conversationId: "later" });
  await tell({ type: "new_messages", conversationId: "later", conversation: later, messages: [evening] });
  await waitFor(() => expect(pill()).toHaveAccessibleName("New conversation"));
  expect(screen.getByText("Word 53")).toBeOnTheScreen();

  await scrollTo(0);
  expect(await screen.findByText("Good evening")).toBeOnTheScreen();
  expect(screen.queryByText("Word 53")).toBeNull();
});

test("reaching the oldest words fetches the page before them, once", async () => {
  let answer: (page: object) => void;
  mockServer.answers[`GET ${MESSAGES}`] = () => new Promise((resolve) => (answer = resolve));
  await startReading();
  await scrollTo(300);
  expect(mockServer.askedFor("GET", MESSAGES)).toHaveLength(0);

  await scrollToOldest("Word 4");
  expect(screen.getByText("Loading older messages…")).toBeOnTheScreen();
  await waitFor(() => expect(mockServer.askedFor("GET", MESSAGES)).toHaveLength(1));
  await scrollTo(300);
  await scrollToOldest("Word 4");
  await act(async () => answer({ ok: true, items: OLDER, nextCursor: null }));
  await scrollToOldest("First", HELD.length + OLDER.length);
  expect(screen.getByText(/^Beginning of this conversation/)).toBeOnTheScreen();
  expect(mockServer.askedFor("GET", MESSAGES)).toHaveLength(1);
});

test("a page that could not be fetched says so, and lets one try", async () => {
  mockServer.answers[`GET ${MESSAGES}`] = () => refusal(503, "busy", "The server is busy.");
  await startReading();
  await scrollToOldest("Word 4");
  expect(await screen.findByText("Older messages could not be loaded.")).toBeOnTheScreen();
  mockServer.answers[`GET ${MESSAGES}`] = () => ({ ok: true, items: OLDER, nextCursor: null });
  await fireEvent.press(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("First")).toBeOnTheScreen();
});

/** A conversation of which the server has three messages more than are held. */
async function startReading(): Promise<void> {
  await startSignedIn();
  await theStream();
  await tell(...withCount(HELD, HELD.length + OLDER.length));
  await screen.findByText("Word 53");
}

function withCount(messages: Message[], messageCount: number) {
  return snapshot(...messages).map((event) =>
    event.type === "update" ? { ...event, conversation: { ...TALK, messageCount } } : event,
  );
}

/** Scrolls as a finger does: the phone tells the list how far from the newest words it is now. */
async function scrollTo(y: number, rows = HELD.length): Promise<void> {
  const height = rows * ROW;
  await fireEvent(list(), "contentSizeChange", 400, height);
  await fireEvent.scroll(list(), {
    nativeEvent: {
      contentOffset: { x: 0, y },
      contentSize: { width: 400, height },
      layoutMeasurement: { width: 400, height: SCREEN },
    },
  });
}

/** The list draws what is above bit by bit, and asks for more once the oldest message it has is drawn. */
async function scrollToOldest(words: string, rows = HELD.length): Promise<void> {
  await scrollTo(rows * ROW - SCREEN, rows);
  await screen.findByText(words);
  await scrollTo(rows * ROW - SCREEN, rows);
}

function list() {
  return screen.getByLabelText("What is said");
}

function pill() {
  return screen.queryByRole("button", { name: /^(Newest|\d+ new|New conversation)$/ });
}
