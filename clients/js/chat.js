import {
  EMPTY_VIEW,
  addConversations,
  addMessages,
  addPeople,
  addSnapshot,
  addWindow,
  applyEvent,
  hasNewer,
  hasOlder,
  isIncomplete,
  withoutWindow,
} from "./view.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("./client.js").Client} Client
 *
 * @typedef {object} ChatHandlers
 * @property {(view: View) => void} [onView] Called after every change.
 *
 * @typedef {import("./keep.js").Kept} Kept
 *
 * @typedef {object} Memory
 * @property {() => Promise<Kept | null>} recall
 * @property {() => void} confirm What is shown from now on is the present sign-in's.
 * @property {() => void} doubt It may be another user's.
 * @property {(look: () => Kept | null) => void} remember
 * @property {() => void} write
 * @property {() => void} forget
 */

const FILL_AGAIN = 3_000;

/**
 * A live chat: the stream, what it makes of the view, and the fetching of what the view lacks.
 *
 * @param {Pick<Client, "stream" | "currentConversation" | "conversation" | "messages" | "listConversations" | "listPeople">} client
 * @param {ChatHandlers & import("./stream.js").StreamHandlers} handlers
 * @param {import("./stream.js").StreamOptions} [options]
 * @param {Memory} [memory] What outlasts the app.
 */
export function openChat(client, { onView, onEvent, onState }, options, memory) {
  let view = EMPTY_VIEW;
  let closed = false;
  /** Requests under way, so that none is made twice. @type {Map<string, Promise<void>>} */
  const underway = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  /** @type {Kept | null} */
  let kept = null;
  let wantsPeople = false;
  // Whoever says where to go on has a view of their own.
  const recalled = options?.after === undefined ? memory?.recall().then((found) => (kept = found)) : undefined;

  const stream = client.stream(
    {
      onEvent(event) {
        change(applyEvent(view, event));
        keepUp(event);
        onEvent?.(event);
        fill();
      },
      onState(state, status) {
        if (kept && !view.loaded) change(kept.view);
        if (state === "signed_out") memory?.forget();
        else if (view.loaded) memory?.remember(look);
        onState?.(state, status);
        fill();
      },
    },
    { ...options, recalled },
  );

  return {
    get view() {
      return view;
    },
    get state() {
      return stream.state;
    },
    get status() {
      return stream.status;
    },
    wake: stream.wake,
    open,
    openAround,
    loadOlder,
    loadNewer,
    closeWindow: (/** @type {string} */ id) => change(withoutWindow(view, id)),
    loadConversations,
    loadPeople,
    close() {
      memory?.write();
      closed = true;
      clearTimeout(again);
      stream.close();
    },
  };

  /** @param {import("./wire.js").LiveEvent} event */
  function keepUp(event) {
    const isProof = event.type === "update" || (event.type === "connected" && event.resumed);
    if (isProof) memory?.confirm();
    else if (event.type === "reset" && event.reason === "cursor_unknown") memory?.doubt();
    memory?.remember(look);
  }

  /** @returns {Kept | null} Null while it is not known what is current. */
  function look() {
    const { cursor, status } = stream;
    return cursor && view.loaded && view.missing !== "current" ? { view, cursor, at: status.lastDataAt } : null;
  }

  /** Makes sure that a conversation can be shown. @param {string} id */
  function open(id) {
    return once(`open ${id}`, async () => {
      if (!view.chats[id]) {
        const conversation = await client.conversation(id);
        // It may have been deleted in between.
        if (!view.deleted[id])
          change(applyEvent(view, { type: "conversation_changed", conversationId: id, conversation }));
      }
      if (view.chats[id] && isIncomplete(view.chats[id])) await loadPage(id);
    });
  }

  /**
   * Opens a conversation at a message: what is shown of it is a window around the message, until the window has been
   * read down to the newest messages or is closed. A message that is held already needs none.
   *
   * @param {string} id
   * @param {string} messageId
   */
  function openAround(id, messageId) {
    return once(`around ${messageId}`, async () => {
      await open(id);
      if (!view.chats[id] || view.chats[id].messages.some((message) => message.id === messageId))
        return change(withoutWindow(view, id));
      const page = await client.messages(id, { around: messageId });
      change(addWindow(view, id, page));
    });
  }

  /** Adds the next newer messages to the window of a conversation. @param {string} id */
  function loadNewer(id) {
    return once(`newer ${id}`, async () => {
      if (view.windows[id] && hasNewer(view.windows[id])) await loadBeside(id, "newer");
    });
  }

  /** @param {string} id @param {"older" | "newer"} side */
  async function loadBeside(id, side) {
    const cursor = view.windows[id]?.[side];
    const page = await client.messages(id, { cursor });
    if (view.windows[id]?.[side] === cursor) change(addWindow(view, id, page, side));
  }

  /** Adds the next older messages of a conversation. @param {string} id */
  function loadOlder(id) {
    return once(`older ${id}`, async () => {
      const window = view.windows[id];
      if (window) return hasOlder(window) ? loadBeside(id, "older") : undefined;
      const held = () => view.chats[id]?.messages.length ?? 0;
      const before = held();
      // The first page may hold nothing but what the snapshot had.
      while (!closed && held() === before && view.chats[id] && hasOlder(view.chats[id])) await loadPage(id);
    });
  }

  /** Adds the next older conversations to the view. */
  function loadConversations() {
    return once("conversations", async () => {
      if (view.older === null) return;
      const cursor = view.older;
      const page = await client.listConversations({ cursor });
      // After a reset in between, the page would leave a hole.
      if (view.older === cursor) change(addConversations(view, page));
    });
  }

  /** Adds the names of people to the view, and again whenever the view has to begin anew. */
  function loadPeople() {
    wantsPeople = true;
    return once("people", async () => {
      const people = [];
      let cursor = null;
      do {
        /** @type {import("./wire.js").People} */
        const page = await client.listPeople({ cursor, limit: 200 });
        people.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor);
      change(addPeople(view, people));
    });
  }

  /** @param {string} id */
  async function loadPage(id) {
    const cursor = view.chats[id]?.older;
    const page = await client.messages(id, { cursor });
    // After a reset in between, the page would leave a hole.
    if (view.chats[id]?.older === cursor) change(addMessages(view, id, page));
  }

  /** Fetches what the events do not hold, until it is there. */
  async function fill() {
    await null; // Events that came together are handled one by one; the last may hold what is missing.
    const { missing } = view;
    const lacksPeople = wantsPeople && !view.hasPeople;
    if (closed || !(missing || lacksPeople) || !["live", "polling"].includes(stream.state)) return;
    const filled = !missing ? loadPeople() : missing === "current" ? once("current", loadCurrent) : open(missing);
    filled.then(fill, () => {
      clearTimeout(again);
      again = setTimeout(fill, FILL_AGAIN);
    });
  }

  async function loadCurrent() {
    change(addSnapshot(view, await client.currentConversation()));
  }

  /** @param {string} name @param {() => Promise<void>} request */
  function once(name, request) {
    const running = underway.get(name) ?? request().finally(() => underway.delete(name));
    underway.set(name, running);
    return running;
  }

  /** @param {View} next */
  function change(next) {
    if (closed || next === view) return;
    view = next;
    memory?.remember(look);
    onView?.(view);
  }
}
