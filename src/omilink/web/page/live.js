import { Connection } from "./connection.js";
import { titleOf } from "./conversations.js";
import { h, icon, setText } from "./dom.js";
import { MessageLog } from "./log.js";
import { isIncomplete } from "./omilink.js";
import { clockTime } from "./words.js";

/** The most urgent first. */
const AILING = ["suspended", "failing", "waiting"];

/** The conversation that is being spoken in. When another one becomes current, the page follows. */
class Live extends HTMLElement {
  #shown = null;
  #beginning;

  constructor(app) {
    super();
    this.app = app;
    this.heading = h("h1", { tabindex: "-1" }, "Live");
    this.connection = new Connection();
    this.deleteButton = createDeleteButton(() => app.deleteConversation(this.#shown));
    this.log = new MessageLog();
    this.log.addEventListener("end", () => app.draw());
    this.quiet = h("div", { class: "alone" });
    this.append(
      h("header", {}, h("div", { class: "titles" }, this.heading, this.connection), this.deleteButton),
      this.log,
      this.quiet,
    );
  }

  show({ chat, sessions, omi }) {
    const { view } = chat;
    this.connection.show(chat);
    this.#follow(view);
    const shown = view.chats[this.#shown];
    const isReady = shown !== undefined && !isIncomplete(shown);
    if (!isReady) this.log.clear();
    this.log.hidden = !isReady;
    this.quiet.hidden = isReady;
    this.deleteButton.hidden = !isReady;
    setText(this.heading, isReady ? titleOf(shown.conversation) : "Live");
    if (isReady) this.#showLog(chat, shown);
    else this.#showQuiet(chat, sessions, omi);
  }

  /** Whoever has scrolled up is reading, and is led to the new conversation by the button instead. */
  #follow({ current, chats }) {
    const isReading = !this.log.atEnd && chats[this.#shown] !== undefined;
    if (current === this.#shown || isReading) return;
    this.#beginning =
      this.#shown && current
        ? `A new conversation began at ${clockTime(chats[current].conversation.createdAt)}`
        : undefined;
    this.#shown = current;
  }

  #showLog(chat, shown) {
    this.log.show(shown, {
      loadOlder: () => chat.loadOlder(this.#shown),
      beginning: this.#beginning,
      news: this.#shown === chat.view.current ? undefined : "New conversation",
      isStale: !["live", "polling", "catching_up"].includes(chat.state),
    });
  }

  #showQuiet({ view, state, status }, sessions, omi) {
    if (state === "offline" && !view.loaded) this.#say("offline", "No connection", status.reason);
    else if (!view.loaded || view.current || !sessions)
      this.#say("loading", "Loading…", "Fetching your latest conversation.");
    else if (sessions.length === 0 && omi.omi_links.length === 0)
      this.#say(
        "waiting",
        "Link your wearable",
        "It takes a minute. Then what it hears appears here as it is said.",
        h("a", { class: "button primary", href: "#/link" }, "Link it now"),
      );
    else
      this.#say(
        "waiting",
        "Nothing has been said yet",
        "The moment your wearable hears something, the words appear here.",
        hintFor(sessions),
      );
  }

  #say(name, title, text, more) {
    const said = [name, title, text, more?.textContent].join("\n");
    if (this.quiet.dataset.said === said) return;
    this.quiet.dataset.said = said;
    this.quiet.replaceChildren(
      h("div", { class: `waves ${name}`, "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"), h("i")),
      h("h2", {}, title),
      h("p", { class: "quiet" }, text),
      ...(more ? [more] : []),
    );
  }
}

export function createDeleteButton(click) {
  return h(
    "button",
    {
      class: "bare",
      type: "button",
      "aria-label": "Delete this conversation",
      title: "Delete this conversation",
      click,
    },
    icon("delete"),
  );
}

/** What to do about the session that needs attention most. */
function hintFor(sessions) {
  const ailing = AILING.map((status) => sessions.find(({ health }) => health?.status === status)).find(Boolean);
  if (!ailing) return undefined;
  const { message, nextStep } = ailing.health;
  const link = h("a", { href: "#/sessions" }, "See your sessions");
  return h("p", { class: "hint" }, h("b", {}, `Session “${ailing.id}”:`), " ", message, " ", nextStep, " ", link);
}

customElements.define("omi-live", Live);
export { Live };
