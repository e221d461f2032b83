import { h, setText } from "./dom.js";
import { ago } from "./words.js";

const STATES = {
  connecting: "Connecting…",
  catching_up: "Catching up…",
  live: "Live",
  polling: "Updated every few seconds",
  offline: "Offline",
  signed_out: "Signed out",
};

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
    this.chat = chat;
    const { state, status, view } = chat;
    this.dataset.state = state;
    this.title = state === "polling" ? status.reason : "";
    this.retry.hidden = state !== "offline";
    setText(this.state, STATES[state]);
    setText(this.age, ` · ${state === "offline" ? contactAge(status) : wordsAge(view)}`);
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

customElements.define("omi-connection", Connection);
export { Connection };
