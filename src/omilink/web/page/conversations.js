import { createOfflineLine, showOffline } from "./connection.js";
import { h, icon, setText, whileBusy } from "./dom.js";
import { conversationsOf } from "./omilink.js";
import { count, dayAndTime } from "./words.js";

/** As in page.css. */
const PHONE = matchMedia("(max-width: 59.99rem)");
const NOW = 60_000;

/** The list of conversations, newest first. */
class Conversations extends HTMLElement {
  #items = new Map();

  constructor(app) {
    super();
    this.app = app;
    this.note = h("p", { class: "quiet note" });
    this.list = h("ul", { class: "list" });
    this.more = h("button", { type: "button", hidden: true, click: () => this.loadMore() }, "Older conversations");
    this.heading = h("h2", { id: "conversations-title", tabindex: "-1" }, "Conversations");
    this.offline = createOfflineLine();
    this.append(
      h(
        "nav",
        { "aria-labelledby": "conversations-title" },
        this.heading,
        this.offline,
        h("div", { class: "scroller" }, this.note, this.list, this.more),
      ),
    );
  }

  show({ chat, route }) {
    const { view } = chat;
    this.#takePart(isListAlone(route));
    showOffline(this.offline, chat);
    this.offline.hidden = !isListAlone(route);
    const conversations = conversationsOf(view);
    this.#load(chat);
    this.#draw(conversations, chat, route);
    this.more.hidden = !view.older;
    const note = view.older === undefined ? "Loading your conversations…" : "None yet.";
    setText(this.note, this.problem ?? note);
    this.note.hidden = conversations.length > 0 && !this.problem;
  }

  /** Whenever a snapshot has replaced everything, the list begins anew. */
  #load(chat) {
    const { view, state } = chat;
    if (!view.loaded || view.older !== undefined || !["live", "polling"].includes(state)) return;
    chat.loadConversations().then(
      () => (this.problem = undefined),
      (error) => (this.problem = error.message),
    );
  }

  #draw(conversations, { view, state }, route) {
    const isFresh = ["live", "polling", "catching_up"].includes(state);
    const items = conversations.map((conversation) => {
      const item = this.#items.get(conversation.id) ?? createItem();
      const isCurrent = conversation.id === view.current;
      const isOpen = isCurrent ? route.screen === "live" : route.id === conversation.id;
      fillItem(item, conversation, { isCurrent, isOpen, isLive: isCurrent && isFresh && isNow(conversation) });
      return [conversation.id, item];
    });
    this.#items = new Map(items);
    const isSame =
      items.length === this.list.children.length &&
      items.every(([, item], index) => item === this.list.children[index]);
    if (!isSame) this.list.replaceChildren(...this.#items.values());
  }

  /** On a phone the list is a screen of its own and then the main part of the page. */
  #takePart(isMain) {
    this.setAttribute("role", isMain ? "main" : "none");
    this.heading.setAttribute("aria-level", isMain ? "1" : "2");
  }

  loadMore() {
    whileBusy(this.more, "Loading…", () => this.app.attempt(() => this.app.chat.loadConversations()));
  }
}

function createItem() {
  const parts = {
    title: h("span", { class: "title" }),
    facts: h("span", { class: "quiet" }),
    live: h("span", { class: "live", hidden: true }, icon("live"), "now"),
  };
  parts.link = h("a", {}, parts.title, h("span", { class: "row" }, parts.facts, parts.live));
  return Object.assign(h("li", {}, parts.link), { parts });
}

function fillItem({ parts }, conversation, { isCurrent, isOpen, isLive }) {
  parts.link.href = isCurrent ? "#/live" : `#/conversations/${encodeURIComponent(conversation.id)}`;
  if (isOpen) parts.link.setAttribute("aria-current", "page");
  else parts.link.removeAttribute("aria-current");
  parts.live.hidden = !isLive;
  setText(parts.title, titleOf(conversation));
  setText(parts.facts, factsOf(conversation));
}

function factsOf({ lastMessageAt, messageCount }) {
  return `${dayAndTime(lastMessageAt)} · ${count(messageCount, "message")}`;
}

function isNow({ lastMessageAt }) {
  return Date.now() - Date.parse(lastMessageAt) < NOW;
}

/** On a phone the list is a screen of its own; elsewhere it stands beside the others. */
export function isListAlone({ screen }) {
  return PHONE.matches && screen === "conversations";
}

/** Where the way back from a conversation leads. */
export function beforeReading() {
  return PHONE.matches ? "conversations" : "live";
}

export function titleOf({ title }) {
  return title || "Untitled";
}

customElements.define("omi-conversations", Conversations);
export { Conversations };
