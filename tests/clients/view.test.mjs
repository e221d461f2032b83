import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EMPTY_VIEW,
  addConversations,
  addMessages,
  addPeople,
  addSnapshot,
  addWindow,
  applyEvent,
  conversationsOf,
  hasNewer,
  hasOlder,
  peopleOf,
  personOf,
  shownOf,
  speakerName,
} from "../../clients/js/omilink.js";
import { conversation, createRandom, message } from "./helpers.mjs";

const news = (about, messages, type = "new_messages") => ({
  type,
  conversationId: about.id,
  conversation: about,
  messages,
});
const update = (about, messages) => ({ type: "update", conversation: about, messages, sessionId: null, cursor: "1" });
const texts = (view, id = view.current) => view.chats[id].messages.map(({ text }) => text);
const after = (...events) => events.reduce(applyEvent, EMPTY_VIEW);

test("nothing is known before the first snapshot", () => {
  assert.equal(EMPTY_VIEW.loaded, false);
  const empty = after(update(null, []));
  assert.equal(empty.loaded, true);
  assert.equal(empty.current, null);
});

test("messages stand in spoken order, whatever the order of arrival", () => {
  const c1 = conversation("c1", { messageCount: 3 });
  const view = after(
    update(c1, [message("b", { position: 5, seq: 0 })]),
    news(c1, [message("c", { position: 5, seq: 2 }), message("a", { position: 1, seq: 1 })]),
  );
  assert.deepEqual(texts(view), ["a", "b", "c"]);
});

test("a higher rev replaces in place and a lower one is ignored", () => {
  const c1 = conversation("c1", { messageCount: 2 });
  const first = [message("a", { rev: 2, text: "new" }), message("b", { position: 1 })];
  const older = news(c1, [message("a", { rev: 1, text: "old" })], "messages_updated");
  const newer = news(c1, [message("a", { rev: 3, text: "newest" })], "messages_updated");
  assert.deepEqual(texts(after(update(c1, first), older)), ["new", "b"]);
  assert.deepEqual(texts(after(update(c1, first), newer, older)), ["newest", "b"]);
});

test("the current conversation is the one with the latest words, ties by id", () => {
  const view = after(
    update(conversation("c2", { at: 5 }), []),
    { type: "conversation_changed", conversationId: "c1", conversation: conversation("c1", { at: 5 }) },
    { type: "conversation_changed", conversationId: "c3", conversation: conversation("c3", { at: 4 }) },
  );
  assert.equal(view.current, "c2");
  assert.deepEqual(
    conversationsOf(view).map(({ id }) => id),
    ["c2", "c1", "c3"],
  );
});

test("what was accepted last is current, though the server's clock was set back", () => {
  const view = after(update(conversation("c1", { at: 900, order: 1 }), []), {
    type: "conversation_changed",
    conversationId: "c2",
    conversation: conversation("c2", { at: 5, order: 2 }),
  });
  assert.equal(view.current, "c2");
});

test("a conversation that becomes current with too little of it held is said to be missing", () => {
  const long = conversation("c2", { at: 9, messageCount: 80 });
  const view = after(
    update(conversation("c1", { messageCount: 0 }), []),
    news(long, [message("z", { conversationId: "c2", position: 80 })]),
  );
  assert.equal(view.current, "c2");
  assert.equal(view.missing, "c2");
  const page = Array.from({ length: 50 }, (_, n) => message(`m${n}`, { conversationId: "c2", position: n, seq: n }));
  const filled = addMessages(view, "c2", { items: page, nextCursor: "older" });
  assert.equal(filled.missing, null);
  assert.equal(filled.chats.c2.messages.length, 51);
  assert.equal(hasOlder(filled.chats.c2), true);
});

test("a deleted conversation is gone, and late news of it bring nothing back", () => {
  const c1 = conversation("c1", { at: 1, messageCount: 1 });
  const c2 = conversation("c2", { at: 2, messageCount: 1 });
  const view = after(update(c1, [message("a")]), news(c2, [message("b", { conversationId: "c2" })]), {
    type: "conversation_deleted",
    conversationId: "c2",
  });
  assert.equal(view.current, "c1");
  assert.equal(view.missing, "current", "only the server knows whether another one is newer");
  const late = addConversations(applyEvent(view, news(c2, [message("b")])), { items: [c2], nextCursor: null });
  assert.deepEqual(Object.keys(late.chats), ["c1"]);
});

test("a removed message is gone, and a page that was asked for before brings it back no more", () => {
  const c1 = conversation("c1", { messageCount: 2 });
  const both = [message("a", { position: 1 }), message("b", { position: 2 })];
  const view = after(update(c1, both), { type: "messages_deleted", conversationId: "c1", messageIds: ["a", "x"] });
  assert.deepEqual(texts(view), ["b"]);
  assert.deepEqual(texts(addMessages(view, "c1", { items: both, nextCursor: null })), ["b"]);
  assert.deepEqual(texts(addSnapshot(view, { conversation: c1, messages: both })), ["b"]);
  assert.deepEqual(texts(applyEvent(view, update(c1, both))), ["a", "b"], "a snapshot of the stream is newer");
  const unknown = applyEvent(view, { type: "messages_deleted", conversationId: "c9", messageIds: ["b"] });
  assert.equal(unknown, view);
});

test("a conversation that was let go comes back when it is taken along again", () => {
  const c1 = conversation("c1", { messageCount: 1 });
  const gone = [update(c1, [message("a")]), { type: "conversation_deleted", conversationId: "c1" }];
  const again = { type: "conversation_changed", conversationId: "c1", conversation: c1 };
  assert.deepEqual(after(...gone, again, news(c1, [message("a")])).chats.c1.messages, [message("a")]);
  assert.deepEqual(after(...gone, update(c1, [message("a")])).chats.c1.messages, [message("a")]);
});

test("a snapshot replaces what is shown", () => {
  const view = after(update(conversation("c1"), []), update(conversation("c2"), []));
  assert.deepEqual(Object.keys(view.chats), ["c2"]);
  assert.equal(view.older, undefined, "the list is to be fetched again");
});

test("a page of the list takes nothing back that events have told", () => {
  const view = addConversations(after(update(conversation("c1", { at: 9 }), [])), {
    items: [conversation("c1", { at: 1 }), conversation("c0")],
    nextCursor: null,
  });
  assert.deepEqual(
    conversationsOf(view).map(({ id }) => id),
    ["c1", "c0"],
  );
  assert.equal(view.chats.c1.conversation.lastMessageAt, conversation("c1", { at: 9 }).lastMessageAt);
});

test("an event of a kind that is not known yet changes nothing", () => {
  const view = after(update(conversation("c1"), []));
  assert.equal(applyEvent(view, { type: "something_new" }), view);
});

test("speakers have the names that people use", () => {
  assert.equal(speakerName({ speaker: "SPEAKER_0", isUser: true }), "You");
  assert.equal(speakerName({ speaker: "SPEAKER_01", isUser: false }), "Speaker 1");
  assert.equal(speakerName({ speaker: "Ada", isUser: false }), "Ada");
  assert.equal(speakerName({ speaker: null, isUser: false }), "Someone");
});

for (let seed = 1; seed <= 40; seed += 1) {
  test(`a snapshot and the events after it show what a later snapshot shows, history ${seed}`, () => {
    const { events, snapshots } = randomHistory(createRandom(seed));
    const from = createRandom(seed)(events.length);
    const view = [snapshots[from], ...events.slice(from)].reduce(applyEvent, EMPTY_VIEW);
    const fresh = applyEvent(EMPTY_VIEW, snapshots.at(-1));
    assert.equal(view.current, fresh.current);
    assert.deepEqual(view.chats[view.current], fresh.chats[fresh.current]);
  });

  test(`events that come twice change nothing, history ${seed}`, () => {
    const { events, snapshots } = randomHistory(createRandom(seed));
    const once = [snapshots[0], ...events].reduce(applyEvent, EMPTY_VIEW);
    const twice = [snapshots[0], ...events.flatMap((event) => [event, event])].reduce(applyEvent, EMPTY_VIEW);
    assert.deepEqual(twice, once);
  });
}

/** One conversation that grows and is corrected, with the snapshot before each event and after the last. */
function randomHistory(random) {
  const messages = new Map();
  const events = [];
  const snapshot = (at) => {
    const sorted = [...messages.values()].sort((a, b) => a.position - b.position || a.seq - b.seq);
    return update(conversation("c1", { at, messageCount: messages.size }), sorted);
  };
  const snapshots = [snapshot(0)];
  for (let at = 1; at <= 30; at += 1) {
    const isNew = messages.size === 0 || random(3) > 0;
    const id = isNew ? `m${messages.size}` : [...messages.keys()][random(messages.size)];
    const old = messages.get(id) ?? message(id, { position: random(20), seq: messages.size, rev: 0 });
    messages.set(id, { ...old, rev: old.rev + 1, text: `${id} as of ${at}` });
    const about = conversation("c1", { at, messageCount: messages.size });
    events.push(news(about, [messages.get(id)], isNew ? "new_messages" : "messages_updated"));
    snapshots.push(snapshot(at));
  }
  return { events, snapshots };
}

const WORDS = Array.from({ length: 30 }, (_, n) => message(`m${n}`, { position: n, seq: n }));
const pageOf = (first, last) => ({
  items: WORDS.slice(first, last),
  nextCursor: first > 0 ? `older ${first}` : null,
  newerCursor: last < 30 ? `newer ${last}` : null,
});
const numbers = (chat) => chat.messages.map(({ seq }) => seq);
const range = (first, last) => Array.from({ length: last - first }, (_, n) => first + n);

/** A conversation of which the newest five messages are held, and three around a hit. */
function atHit() {
  const long = conversation("c1", { messageCount: 30 });
  const held = addMessages(after(update(long, WORDS.slice(25))), "c1", { items: [], nextCursor: "older 25" });
  return { long, view: addWindow(held, "c1", pageOf(10, 13)) };
}

test("a window around a hit grows both ways until it meets the newest messages", () => {
  let { view } = atHit();
  assert.deepEqual(numbers(shownOf(view, "c1")), range(10, 13));
  assert.deepEqual(numbers(view.chats.c1), range(25, 30));
  view = addWindow(view, "c1", pageOf(5, 10), "older");
  view = addWindow(view, "c1", pageOf(13, 20), "newer");
  assert.deepEqual([view.windows.c1.older, view.windows.c1.newer], ["older 5", "newer 20"]);
  assert.deepEqual([hasOlder(view.windows.c1), hasNewer(view.windows.c1)], [true, true]);
  view = addWindow(view, "c1", pageOf(20, 26), "newer");
  assert.deepEqual(view.windows, {});
  assert.deepEqual(numbers(shownOf(view, "c1")), range(5, 30));
  assert.deepEqual([view.chats.c1.older, hasNewer(view.chats.c1)], ["older 5", false]);
});

test("a window that reaches the end, or is closed, or deleted, is none any more", () => {
  const { view } = atHit();
  assert.deepEqual(numbers(shownOf(addWindow(view, "c1", pageOf(10, 30)), "c1")), range(10, 30));
  const deleted = applyEvent(view, { type: "conversation_deleted", conversationId: "c1" });
  assert.deepEqual([deleted.windows, shownOf(deleted, "c1")], [{}, undefined]);
  assert.equal(addWindow(deleted, "c1", pageOf(10, 13)), deleted);
  assert.equal(addWindow(after(update(conversation("c1"), [])), "c1", pageOf(5, 10), "older").windows.c1, undefined);
});

test("an event changes a window and the newest messages, and leaves no hole in either", () => {
  const { long, view } = atHit();
  const changed = [11, 18, 27].map((n) => ({ ...WORDS[n], rev: 9, text: "corrected" }));
  const filledIn = [message("between", { position: 11.5, seq: 30 }), message("newest", { position: 31, seq: 31 })];
  const next = [news(long, changed, "messages_updated"), news({ ...long, title: "New" }, filledIn)].reduce(
    applyEvent,
    view,
  );
  const texts = ({ messages }) => messages.map(({ text }) => text);
  assert.deepEqual(texts(next.windows.c1), ["m10", "corrected", "between", "m12"]);
  assert.deepEqual(texts(next.chats.c1), ["m25", "m26", "corrected", "m28", "m29", "newest"]);
  assert.equal(shownOf(next, "c1").conversation.title, "New");
  const removed = applyEvent(next, {
    type: "messages_deleted",
    conversationId: "c1",
    messageIds: ["m10", "m12", "m26"],
  });
  assert.deepEqual(texts(removed.windows.c1), ["corrected", "between"]);
  const again = addWindow(removed, "c1", pageOf(5, 13), "older");
  assert.deepEqual(numbers(again.windows.c1), [...range(5, 10), 11, 30]);
});

test("moved messages leave their conversation, and come back with it", () => {
  const first = conversation("c1", { at: 1, messageCount: 2 });
  const second = conversation("c2", { at: 2, messageCount: 1 });
  const split = after(
    update(first, [message("a"), message("b", { position: 1 })]),
    { type: "messages_moved", from: "c1", to: "c2", messageIds: { b: "b2" } },
    { type: "conversation_changed", conversationId: "c1", conversation: { ...first, messageCount: 1 } },
    { type: "conversation_changed", conversationId: "c2", conversation: second },
    news(second, [message("b2", { rev: 2, text: "b" })]),
  );
  assert.deepEqual([texts(split, "c1"), texts(split, "c2")], [["a"], ["b"]]);
  const joined = [
    { type: "messages_moved", from: "c2", to: "c1", messageIds: { b2: "b2" } },
    { type: "conversation_changed", conversationId: "c1", conversation: first },
    news(first, [message("b2", { rev: 3, text: "b", position: 1 })]),
    { type: "conversation_deleted", conversationId: "c2" },
  ].reduce(applyEvent, split);
  assert.deepEqual([texts(joined, "c1"), joined.chats.c2], [["a", "b"], undefined]);
  assert.equal(joined.current, "c1");
  const parted = [
    { type: "messages_moved", from: "c1", to: "c2", messageIds: { b2: "b2" } },
    { type: "conversation_changed", conversationId: "c1", conversation: { ...first, messageCount: 1 } },
    { type: "conversation_changed", conversationId: "c2", conversation: second },
    news(second, [message("b2", { rev: 4, text: "b" })]),
  ].reduce(applyEvent, joined);
  const late = addMessages(parted, "c1", { items: joined.chats.c1.messages, nextCursor: null });
  assert.deepEqual([texts(late, "c1"), texts(late, "c2")], [["a"], ["b"]], "a page that was asked for before");
});

const person = (id, name, ids = name ? [id] : []) => ({
  id,
  name,
  ids,
  mergedInto: null,
  deleted: false,
});
const personChanged = (...given) => ({
  type: "person_changed",
  person: person(...given),
});
const nameOf = (view, personId) => speakerName({ speaker: "SPEAKER_1", isUser: false }, personOf(view, { personId }));

test("people have their names by each of their ids", () => {
  const view = addPeople(EMPTY_VIEW, [person("p", "Ida", ["p", "q"]), person("r", "Anna")]);
  assert.equal(view.hasPeople, true);
  assert.deepEqual(
    ["p", "q", "r", "s", null].map((id) => nameOf(view, id)),
    ["Ida", "Ida", "Anna", "Speaker 1", "Speaker 1"],
  );
  assert.deepEqual(
    peopleOf(view).map(({ name }) => name),
    ["Anna", "Ida"],
  );
  assert.equal(speakerName({ speaker: "SPEAKER_1", isUser: true }, person("p", "Ida")), "You");
});

test("people change in place, and a page that was fetched before takes nothing back", () => {
  const changed = after(personChanged("p", "Idana", ["p", "q"]), personChanged("q", null), personChanged("r", null));
  const view = addPeople(changed, [person("p", "Ida"), person("q", "Hedda"), person("r", "Anna"), person("s", "Jo")]);
  assert.deepEqual(
    ["p", "q", "r", "s"].map((id) => nameOf(view, id)),
    ["Idana", "Idana", "Speaker 1", "Jo"],
  );
  assert.equal(applyEvent(view, update(null, [])).hasPeople, false);
});

test("a name of a session is that of its conversations, in a window too", () => {
  const { view } = atHit();
  const { omiSessionKey } = view.chats.c1.conversation;
  const named = (session) => applyEvent(view, { type: "session_changed", session });
  const names = ({ chats, windows }) => [chats.c1, windows.c1].map(({ conversation }) => conversation.sessionName);
  assert.deepEqual(names(named({ id: omiSessionKey, name: "Pendant" })), ["Pendant", "Pendant"]);
  assert.deepEqual(names(named({ id: omiSessionKey })), [null, null]);
  assert.deepEqual(names(named({ id: `not ${omiSessionKey}`, name: "Pendant" })), names(view));
});
