/**
 * What a live chat shows, as a pure function of a snapshot and the events after it.
 *
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").LiveEvent} LiveEvent
 * @typedef {import("./wire.js").Person} Person
 *
 * @typedef {object} Chat One conversation and what is held of it.
 * @property {Conversation} conversation
 * @property {readonly Message[]} messages In spoken order.
 * @property {string | null | undefined} older Cursor of the next older page; null when the first message is held, undefined
 *   before any page was fetched.
 * @property {Readonly<Record<string, true>>} [removed] Ids of messages that were removed: a page that was asked for before
 *   may still have them.
 * @property {string | null} [newer] Cursor of the next newer page, in a window around a message.
 *
 * @typedef {object} View
 * @property {boolean} loaded False until the first snapshot: nothing is known yet, so nothing is "empty".
 * @property {Readonly<Record<string, Chat>>} chats Each with the newest messages, without a gap.
 * @property {Readonly<Record<string, Chat>>} windows Messages around a hit, of conversations that are read there. A window
 *   that reaches the newest messages becomes a part of its chat.
 * @property {string | null} current The conversation that is being spoken in.
 * @property {string | null} missing The conversation of which a page is to be fetched and added, or `current` when only
 *   the server knows which one is current now.
 * @property {string | null | undefined} older Cursor of the next older page of conversations, as in Chat.
 * @property {Readonly<Record<string, true>>} deleted
 * @property {Readonly<Record<string, Person>>} people By id, as far as they were fetched or have changed since. One without
 *   a name is gone.
 * @property {boolean} hasPeople Whether all of them were fetched.
 */

/** As many messages as a snapshot carries. */
const SNAPSHOT = 50;

/** @type {View} */
export const EMPTY_VIEW = {
  loaded: false,
  chats: {},
  windows: {},
  current: null,
  missing: null,
  older: undefined,
  deleted: {},
  people: {},
  hasPeople: false,
};

/**
 * @param {View} view
 * @param {LiveEvent} event
 * @returns {View}
 */
export function applyEvent(view, event) {
  switch (event.type) {
    case "update":
      return addSnapshot(restored({ ...EMPTY_VIEW, deleted: view.deleted }, event.conversation?.id), event);
    case "conversation_changed": // also when one that was given back is added again
      return settle(withChat(restored(view, event.conversationId), event.conversationId, event.conversation, []));
    case "new_messages":
    case "messages_updated":
      return settle(withWords(view, event.conversationId, event.conversation, event.messages));
    case "messages_deleted":
      return withoutMessages(view, event.conversationId, event.messageIds);
    case "messages_moved":
      return withMoved(view, event);
    case "conversation_deleted":
      return withoutChat(view, event.conversationId);
    case "person_changed":
      return {
        ...view,
        people: { ...view.people, [event.person.id]: event.person },
      };
    case "session_changed":
      return withName(view, event.session);
    default:
      return view;
  }
}

/**
 * Adds an answer of /conversations/current to what is shown.
 *
 * @param {View} view
 * @param {Pick<import("./wire.js").CurrentConversation, "conversation" | "messages">} answer
 * @returns {View}
 */
export function addSnapshot(view, { conversation, messages }) {
  const known = { ...view, loaded: true, missing: null };
  if (!conversation) return settle(known);
  return settle(withChat(known, conversation.id, conversation, remaining(view.chats[conversation.id], messages)));
}

/**
 * Adds a page of messages of a conversation that the view has.
 *
 * @param {View} view
 * @param {string} id
 * @param {import("./wire.js").Messages} page
 * @returns {View}
 */
export function addMessages(view, id, { items, nextCursor }) {
  const chat = view.chats[id];
  if (!chat) return view;
  const added = { ...chat, messages: mergeMessages(chat.messages, remaining(chat, items)), older: nextCursor };
  return settle({ ...view, chats: { ...view.chats, [id]: added } });
}

/**
 * Shows a conversation that the view has around a message: adds the page around it, or a page that a cursor of the window
 * leads to.
 *
 * @param {View} view
 * @param {string} id
 * @param {import("./wire.js").Messages} page
 * @param {"older" | "newer"} [side] Where the page belongs; without it the page begins a window.
 * @returns {View}
 */
export function addWindow(view, id, { items, nextCursor, newerCursor = null }, side) {
  const chat = view.chats[id];
  const held = side && view.windows[id];
  if (!chat || (side && !held)) return view;
  const window = {
    conversation: chat.conversation,
    messages: mergeMessages(held?.messages ?? [], remaining(chat, items)),
    older: held && side === "newer" ? held.older : nextCursor,
    newer: held && side === "older" ? held.newer : newerCursor,
  };
  return joined({ ...view, windows: { ...view.windows, [id]: window } }, id);
}

/** Goes back to the newest messages of a conversation. @param {View} view @param {string} id @returns {View} */
export function withoutWindow(view, id) {
  return view.windows[id] ? { ...view, windows: without(view.windows, id) } : view;
}

/** What is to be shown of a conversation: its window, if there is one. @param {View} view @param {string} id */
export function shownOf(view, id) {
  return view.windows[id] ?? view.chats[id];
}

/**
 * Adds a page of the list of conversations. What came by events is newer and stays.
 *
 * @param {View} view
 * @param {import("./wire.js").Conversations} page
 * @returns {View}
 */
export function addConversations(view, { items, nextCursor }) {
  const unknown = items.filter(({ id }) => !view.chats[id] && !view.deleted[id]);
  const chats = Object.fromEntries(
    unknown.map((conversation) => [conversation.id, { conversation, messages: [], older: undefined }]),
  );
  return settle({ ...view, chats: { ...view.chats, ...chats }, older: nextCursor });
}

/** Adds all people. Who came by events is newer and stays. @param {View} view @param {Person[]} people @returns {View} */
export function addPeople(view, people) {
  const fetched = Object.fromEntries(people.map((person) => [person.id, person]));
  return { ...view, people: { ...fetched, ...view.people }, hasPeople: true };
}

/** Those who have a name, by name. @param {View} view @returns {Person[]} */
export function peopleOf({ people }) {
  return Object.values(people)
    .filter(({ name }) => name !== null)
    .sort((a, b) => (a.name ?? "").localeCompare(b.name ?? "") || (a.id < b.id ? -1 : 1));
}

/**
 * Who speaks, if it is somebody with a name.
 *
 * @param {View} view
 * @param {Pick<Message, "personId">} message
 * @returns {Person | undefined}
 */
export function personOf({ people }, { personId }) {
  return personId === null ? undefined : byAnyId(people)[personId];
}

/** @type {WeakMap<View["people"], Record<string, Person>>} */
const indexes = new WeakMap();

/** People by each of their ids, made once, since every message asks. @param {View["people"]} people */
function byAnyId(people) {
  const known = indexes.get(people);
  if (known) return known;
  const index = Object.fromEntries(Object.values(people).flatMap((person) => person.ids.map((id) => [id, person])));
  indexes.set(people, index);
  return index;
}

/** @param {View} view @returns {Conversation[]} Newest first. */
export function conversationsOf(view) {
  return Object.values(view.chats)
    .map(({ conversation }) => conversation)
    .sort((a, b) => compareConversations(b, a));
}

/** Whether too little of a conversation is held to show it. @param {Chat} chat */
export function isIncomplete({ conversation, messages, older }) {
  return older === undefined && messages.length < Math.min(SNAPSHOT, conversation.messageCount);
}

/** Whether the server has messages from before those held. @param {Chat} chat */
export function hasOlder({ conversation, messages, older }) {
  return older === undefined ? messages.length < conversation.messageCount : older !== null;
}

/** Whether the server has messages from after those held. @param {Chat} chat */
export function hasNewer({ newer }) {
  return newer !== undefined && newer !== null;
}

/**
 * The newest messages of the current conversation.
 *
 * @param {View} view
 * @param {number} count
 * @returns {Chat | null}
 */
export function newestOf({ chats, current }, count) {
  const chat = current && chats[current];
  if (!chat || chat.messages.length <= count) return chat || null;
  return { ...chat, messages: chat.messages.slice(-count), older: undefined };
}

/** A view that knows nothing else. @param {Chat} chat @returns {View} */
export function viewOf(chat) {
  return settle({ ...EMPTY_VIEW, loaded: true, chats: { [chat.conversation.id]: chat } });
}

/**
 * "You", the person's name, "Speaker 1", or the name as it came.
 *
 * @param {Pick<Message, "speaker" | "isUser">} message
 * @param {Person} [person] Who speaks, as `personOf` says.
 */
export function speakerName({ speaker, isUser }, person) {
  if (isUser) return "You";
  if (person?.name) return person.name;
  const number = /^SPEAKER_(\d+)$/.exec(speaker ?? "")?.[1];
  return number ? `Speaker ${Number(number)}` : (speaker ?? "Someone");
}

/**
 * @param {View} view
 * @param {string} id
 * @param {Conversation} conversation
 * @param {readonly Message[]} messages
 * @returns {View}
 */
function withChat(view, id, conversation, messages) {
  if (view.deleted[id]) return view;
  const chat = view.chats[id] ?? { messages: [], older: undefined };
  const changed = { ...chat, conversation, messages: mergeMessages(chat.messages, messages) };
  const window = view.windows[id];
  const windows = window ? { ...view.windows, [id]: { ...window, conversation } } : view.windows;
  return { ...view, chats: { ...view.chats, [id]: changed }, windows };
}

/**
 * The view with messages of an event, each where it belongs: not where others are missing before it.
 *
 * @param {View} view
 * @param {string} id
 * @param {Conversation} conversation
 * @param {readonly Message[]} messages
 * @returns {View}
 */
function withWords(view, id, conversation, messages) {
  const chat = returned(view.chats[id], messages);
  if (chat) view = { ...view, chats: { ...view.chats, [id]: chat } };
  const window = view.windows[id];
  const next = withChat(view, id, conversation, chat ? messages.filter((one) => hasPlace(chat, one)) : messages);
  if (!window || !next.windows[id]) return next;
  const words = mergeMessages(
    window.messages,
    messages.filter((one) => hasPlace(window, one)),
  );
  return joined({ ...next, windows: { ...next.windows, [id]: { ...window, conversation, messages: words } } }, id);
}

/**
 * Whether a message stands among those held, or next to them.
 *
 * @param {Chat} chat
 * @param {Message} message
 */
function hasPlace(chat, message) {
  const first = chat.messages[0];
  const last = chat.messages.at(-1);
  if (!first || !last) return true;
  if (compareMessages(message, first) < 0) return !hasOlder(chat) || isIncomplete(chat); // a page is to be fetched
  return compareMessages(message, last) <= 0 || !hasNewer(chat);
}

/**
 * The view in which a window that has come to the messages of its chat, or to the newest one, is a part of the chat.
 *
 * @param {View} view
 * @param {string} id
 * @returns {View}
 */
function joined(view, id) {
  const window = view.windows[id];
  const chat = view.chats[id];
  const last = window?.messages.at(-1);
  const first = chat?.messages[0];
  if (!window || !chat) return view;
  if (hasNewer(window) && !(first && last && compareMessages(last, first) >= 0)) return view;
  const isLonger = !first || !window.messages[0] || compareMessages(window.messages[0], first) < 0;
  const messages = mergeMessages(chat.messages, window.messages);
  const whole = { ...chat, messages, older: isLonger ? window.older : chat.older };
  return settle({ ...view, chats: { ...view.chats, [id]: whole }, windows: without(view.windows, id) });
}

/**
 * The view without these messages. An older answer of the server does not bring them back; only an event does.
 *
 * @param {View} view
 * @param {string} id
 * @param {readonly string[]} messageIds
 * @returns {View}
 */
function withoutMessages(view, id, messageIds) {
  const chat = view.chats[id];
  if (!chat) return view;
  const removed = {
    ...chat.removed,
    ...Object.fromEntries(messageIds.map((gone) => [gone, /** @type {const} */ (true)])),
  };
  const gone = new Set(messageIds);
  /** @template {Chat} Held @param {Held} held @returns {Held} */
  const left = (held) => ({ ...held, messages: held.messages.filter((message) => !gone.has(message.id)) });
  const window = view.windows[id];
  const windows = window ? { ...view.windows, [id]: left(window) } : view.windows;
  return settle({ ...view, chats: { ...view.chats, [id]: left({ ...chat, removed }) }, windows });
}

/**
 * The view without messages that are in another conversation now. What is left of their conversation follows.
 *
 * @param {View} view
 * @param {{ from: string, messageIds: Readonly<Record<string, string>> }} moved
 * @returns {View}
 */
function withMoved(view, { from, messageIds }) {
  return withoutMessages(view, from, Object.keys(messageIds));
}

/** @param {View} view @param {string} id @returns {View} */
function withoutChat(view, id) {
  const [chats, windows] = [without(view.chats, id), without(view.windows, id)];
  const remaining = settle({ ...view, chats, windows, deleted: { ...view.deleted, [id]: true } });
  return view.current === id ? { ...remaining, missing: "current" } : remaining;
}

/** The view for which a conversation has not been deleted. @param {View} view @param {string} [id] @returns {View} */
function restored(view, id) {
  return { ...view, deleted: without(view.deleted, id) };
}

/**
 * @template Value
 * @param {Readonly<Record<string, Value>>} record
 * @param {string} [key]
 */
function without(record, key = "") {
  const { [key]: gone, ...others } = record;
  return others;
}

/** @param {View} view @param {import("./wire.js").Session} session @returns {View} */
function withName(view, { id, name }) {
  /** @param {Readonly<Record<string, Chat>>} chats */
  const named = (chats) =>
    Object.fromEntries(
      Object.entries(chats).map(([key, chat]) => {
        const { conversation } = chat;
        if (conversation.omiSessionKey !== id) return [key, chat];
        return [key, { ...chat, conversation: { ...conversation, sessionName: name ?? null } }];
      }),
    );
  return { ...view, chats: named(view.chats), windows: named(view.windows) };
}

/** Finds out which conversation is current and whether enough of it is held. @param {View} view @returns {View} */
function settle(view) {
  const newest = newestConversation(view);
  const missing = newest && isIncomplete(view.chats[newest.id]) ? newest.id : null;
  return { ...view, current: newest && newest.id, missing: view.missing === "current" ? "current" : missing };
}

/** In one pass, since every event asks. @param {View} view @returns {Conversation | null} */
function newestConversation(view) {
  /** @type {Conversation | null} */
  let newest = null;
  for (const { conversation } of Object.values(view.chats))
    if (!newest || compareConversations(conversation, newest) > 0) newest = conversation;
  return newest;
}

/**
 * What the server sent before it removed messages, without these.
 *
 * @param {Chat | undefined} chat
 * @param {readonly Message[]} messages
 */
function remaining(chat, messages) {
  return chat?.removed ? messages.filter(({ id }) => !chat.removed?.[id]) : messages;
}

/**
 * The chat to which these messages belong, also those that had left it.
 *
 * @param {Chat | undefined} chat
 * @param {readonly Message[]} messages
 */
function returned(chat, messages) {
  if (!chat?.removed || !messages.some(({ id }) => chat.removed?.[id])) return chat;
  const back = new Set(messages.map(({ id }) => id));
  return { ...chat, removed: Object.fromEntries(Object.entries(chat.removed).filter(([id]) => !back.has(id))) };
}

/**
 * @param {readonly Message[]} held
 * @param {readonly Message[]} incoming
 * @returns {readonly Message[]}
 */
function mergeMessages(held, incoming) {
  if (incoming.length === 0) return held;
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of incoming) {
    if (message.rev > (byId.get(message.id)?.rev ?? -Infinity)) byId.set(message.id, message);
  }
  return [...byId.values()].sort(compareMessages);
}

/** By spoken order. @param {Message} a @param {Message} b */
function compareMessages(a, b) {
  return a.position - b.position || a.seq - b.seq;
}

/**
 * By the order in which the server accepted their words, since its clock may be set.
 *
 * @param {Conversation} a
 * @param {Conversation} b
 */
function compareConversations(a, b) {
  const later = a.order - b.order || Date.parse(a.lastMessageAt) - Date.parse(b.lastMessageAt);
  return later || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
