import { createOfflineLine, showOffline } from "./connection.js";
import { chosen } from "./dialog.js";
import { h, setText } from "./dom.js";
import { createHealth, showHealth } from "./health.js";
import { OmiAccounts, isOf } from "./omi-accounts.js";
import { heardHow, linkedHow } from "./words.js";

/** The user's OMI accounts and sessions: how each is linked, how it is doing and what to do about it. */
class Sessions extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.accounts = new OmiAccounts(app);
    this.note = h("p", { class: "quiet" });
    this.list = h("div", { class: "cards" });
    this.heading = h("h2", {}, "Your sessions");
    this.offline = createOfflineLine();
    this.append(
      h(
        "header",
        {},
        h("div", { class: "titles" }, h("h1", { tabindex: "-1" }, "Sessions"), this.offline),
        h("a", { class: "button primary", href: "#/link" }, "Link a wearable"),
      ),
      h("div", { class: "scroller" }, h("div", { class: "column" }, this.accounts, this.heading, this.note, this.list)),
    );
  }

  show({ sessions = [], omi, chat }) {
    showOffline(this.offline, chat);
    this.classList.toggle("stale", chat.state === "offline");
    const accounts = omi?.omi_links ?? [];
    const others = sessions.filter((session) => !accounts.some((account) => isOf(session, account)));
    this.accounts.show(accounts, sessions);
    this.#draw(others);
    this.heading.hidden = accounts.length > 0 && others.length === 0;
    this.note.hidden = accounts.length + others.length > 0;
    setText(this.note, omi ? "Nothing yet. With its first words your wearable appears here." : "Loading…");
  }

  /** Cards stay the same elements, so that focus survives a refresh. */
  #draw(sessions) {
    const before = new Map([...this.list.children].map((card) => [card.key, card]));
    const cards = sessions.map((session) => before.get(keyOf(session)) ?? createCard(session, this));
    cards.forEach((card, index) => fillCard(card, sessions[index], this.accountOf(sessions[index])));
    const isSame =
      cards.length === this.list.children.length && cards.every((card, index) => card === this.list.children[index]);
    if (!isSame) this.list.replaceChildren(...cards);
  }

  /** The OMI account that links the session, where that is certain. */
  accountOf({ method }) {
    const accounts = this.app.omi.omi_links;
    return method === "uid" && accounts.length === 1 ? accounts[0] : undefined;
  }

  async unlink(session) {
    const choice = await chosen({
      title: "Unlink this session?",
      consequences: consequencesOf(session),
      actions: { unlink: "Unlink" },
    });
    if (choice) await this.remove(session);
  }

  remove({ id, method }) {
    return this.app.attempt(
      () => this.app.client.unlinkSession(id, { personal: method === "personal" }),
      () => this.app.refresh(),
    );
  }
}

function consequencesOf({ id, method }) {
  const saved = "What was saved stays yours.";
  if (method === "personal")
    return [
      `“${id}” comes back with its next words, because your webhook address links by itself. To be rid of it, take the ` +
        "address out of the OMI app or the device. Replacing it ends the old one after 24 hours.",
      saved,
    ];
  if (method === "uid")
    return [
      `“${id}” comes back with its next words, because your OMI account links it. To stop that, unlink the OMI account.`,
      saved,
    ];
  return [
    `New words of “${id}” no longer reach you. They are kept for some days, shown to nobody, and go to whoever rightly ` +
      "links it next.",
    saved,
  ];
}

/** One id may come in at the user's own address and elsewhere: these are two sessions. */
function keyOf({ id, method }) {
  return `${method === "personal"} ${id}`;
}

function createCard(session, screen) {
  const { id } = session;
  const parts = {
    ...createHealth(),
    facts: h("p", { class: "quiet" }),
    unlink: h(
      "button",
      { type: "button", "aria-label": `Unlink ${id}`, click: () => screen.unlink(card.session) },
      "Unlink",
    ),
    remove: h(
      "button",
      { type: "button", "aria-label": `Remove ${id}`, click: () => screen.remove(card.session) },
      "Remove",
    ),
    prove: h(
      "a",
      { class: "button", "aria-label": `Prove that ${id} is yours`, href: `#/link/${encodeURIComponent(id)}` },
      "Prove it",
    ),
  };
  const card = h(
    "article",
    { class: "card session", "aria-label": `Session ${id}` },
    h("div", { class: "row" }, h("h3", {}, id), parts.badge),
    parts.message,
    parts.nextStep,
    h("div", { class: "row" }, parts.facts, h("div", { class: "row" }, parts.unlink, parts.remove, parts.prove)),
  );
  return Object.assign(card, { parts, key: keyOf(session) });
}

function fillCard(card, session, account) {
  const { parts } = card;
  card.session = session;
  const { linked } = session; // else it takes a proof, and shows nothing that only its owner may know
  showHealth(parts, session.health);
  setText(parts.facts, linked ? `${linkedHow(session, account)} · ${heardHow(session)}` : "");
  parts.facts.hidden = parts.unlink.hidden = !linked;
  parts.remove.hidden = parts.prove.hidden = linked;
}

customElements.define("omi-sessions", Sessions);
export { Sessions };
