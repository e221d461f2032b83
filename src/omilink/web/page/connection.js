import { h, setText } from "./dom.js";
import { OFFLINE, ago } from "./words.js";

const STATES = {
  connecting: "Connecting…",
  catching_up: "Catching up…",
  live: "Live",
  polling: "Updated every few seconds",
  offline: "Offline",
  signed_out: "Signed out",
};

/** A connection that is made anew within so long (ms), as after each change of the tab, is not worth a word. */
const PASSING = 1000;

/** How fresh the words on the page are, in words. */
class Connection extends HTMLElement {
  constructor() {
    super();
    this.state = h("span", { role: "status", id: "connection-state" });
    this.age = h("span", { class: "age", id: "connection-age" });
    this.retry = h("button", { class: "link", type: "button", hidden: true, click: () => this.chat.wake() }, "Try now");
  }

  connectedCallback() {
    this.append(h("span", { class: "dot", "aria-hidden": "true" }), h("span", {}, this.state, this.age), this.retry);
    this.clock = setInterval(() => this.chat && this.show(this.chat), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    this.replaceChildren();
  }

  show(chat) {
    if (chat !== this.chat) this.was = null;
    this.chat = chat;
    const { status, view } = chat;
    const state = this.settled(chat.state);
    this.dataset.state = state;
    this.title = state === "polling" ? status.reason : "";
    this.retry.hidden = state !== "offline";
    setText(this.state, STATES[state]);
    setText(this.age, ` · ${state === "offline" ? contactAge(status) : wordsAge(view)}`);
  }

  settled(state) {
    if (this.was === "live" && state !== "live") this.leftAt = Date.now();
    this.was = state;
    const isPassing = (state === "connecting" || state === "catching_up") && Date.now() - this.leftAt < PASSING;
    return isPassing ? "live" : state;
  }
}

function wordsAge({ loaded, current, chats }) {
  if (!loaded) return "waiting for the first answer";
  return current ? `last words ${ago(chats[current].conversation.lastMessageAt)}` : "nothing said yet";
}

function contactAge({ lastDataAt, retryAt }) {
  const contact = lastDataAt ? `last contact ${ago(lastDataAt)}` : "no contact yet";
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  return `${contact} · ${seconds > 0 ? `trying again in ${seconds} s` : "trying again…"}`;
}

/** For screens that say nothing else about the connection: a line that is there while the server is not. */
export function createOfflineLine() {
  return h("p", { class: "offline", role: "status" });
}

export function showOffline(line, { state }) {
  setText(line, state === "offline" ? OFFLINE : "");
}

customElements.define("omi-connection", Connection);
export { Connection };
