import { chosen } from "./dialog.js";
import { h, setText } from "./dom.js";
import { OmiAccounts } from "./omi-accounts.js";
import { ago, count, linkedHow } from "./words.js";

const HEALTH = {
  ok: "Working",
  waiting: "Waiting",
  quiet: "Quiet",
  failing: "Problem",
  suspended: "Suspended",
};

/** The user's OMI accounts and sessions: how each is linked, how it is doing and what to do about it. */
class Sessions extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.accounts = new OmiAccounts(app);
    this.note = h("p", { class: "quiet" });
    this.list = h("div", { class: "cards" });
    this.append(
      h(
        "header",
        {},
        h("div", { class: "titles" }, h("h1", { tabindex: "-1" }, "Sessions")),
        h("a", { class: "button primary", href: "#/link" }, "Link a wearable"),
      ),
      h(
        "div",
        { class: "scroller" },
        h("div", { class: "column" }, this.accounts, h("h2", {}, "Your sessions"), this.note, this.list),
      ),
    );
  }

  show({ sessions, omi }) {
    this.accounts.show(omi);
    this.note.hidden = sessions?.length > 0;
    setText(this.note, sessions ? "Nothing yet. With its first words your wearable appears here." : "Loading…");
    if (sessions) this.#draw(sessions);
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

  /** The OMI account that links the session: on OMI's cloud their ids are the same. */
  accountOf({ id, method }) {
    const accounts = this.app.omi.omi_links;
    if (method !== "uid") return undefined;
    return accounts.find(({ omiUserId }) => omiUserId === id) ?? (accounts.length === 1 ? accounts[0] : undefined);
  }

  relink(id) {
    return this.app.attempt(
      () => this.app.client.linkSession(id),
      () => this.app.refresh(),
    );
  }

  async unlink(session) {
    const account = this.accountOf(session);
    const choice = await chosen({
      title: "Unlink this session?",
      consequences: consequencesOf(session),
      actions: account ? { session: "Only this session", account: "Unlink the OMI account" } : { session: "Unlink" },
    });
    const { client } = this.app;
    const task = {
      session: () => client.unlinkSession(session.id),
      account: () => client.unlinkOmiLink(account.omiUserId),
    }[choice];
    if (task) await this.app.attempt(task, () => this.app.refresh());
  }
}

function consequencesOf({ id, method }) {
  const saved = "What was saved stays yours.";
  if (method === "personal")
    return [
      `“${id}” comes back with its next words, because your webhook address links by itself. To be rid of it, take the ` +
        "address out of the device, or replace it.",
      saved,
    ];
  if (method === "uid")
    return [
      `“${id}” comes back with its next words, because your OMI account links it. To stop that, unlink the OMI account: ` +
        "new words are nobody's then.",
      saved,
    ];
  return [`New words of “${id}” no longer reach you. They are nobody's, and somebody else could link it.`, saved];
}

/** One id may come in at the user's own address and elsewhere: these are two sessions. */
function keyOf({ id, method }) {
  return `${method === "personal"} ${id}`;
}

function createCard(session, screen) {
  const { id } = session;
  const parts = {
    badge: h("span", { class: "badge" }),
    message: h("p"),
    nextStep: h("p", { class: "next-step" }),
    facts: h("p", { class: "quiet" }),
    unlink: h(
      "button",
      { type: "button", "aria-label": `Unlink ${id}`, click: () => screen.unlink(session) },
      "Unlink",
    ),
    relink: h(
      "button",
      { type: "button", "aria-label": `Link ${id} again`, click: () => screen.relink(id) },
      "Link again",
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
    h("div", { class: "row" }, parts.facts, parts.unlink, parts.relink, parts.prove),
  );
  return Object.assign(card, { parts, key: keyOf(session) });
}

function fillCard({ parts }, session, account) {
  const { status = "waiting", message = "", nextStep = "" } = session.health ?? {};
  parts.badge.dataset.status = status;
  setText(parts.badge, HEALTH[status] ?? status);
  setText(parts.message, message);
  setText(parts.nextStep, nextStep ?? "");
  parts.nextStep.hidden = !nextStep;
  setText(parts.facts, factsOf(session, account));
  parts.unlink.hidden = !session.linked;
  parts.relink.hidden = session.linked || status === "suspended";
  parts.prove.hidden = status !== "suspended";
}

function factsOf(session, account) {
  return [
    session.linked ? linkedHow(session, account) : "Not linked",
    session.lastSeenAt ? `last heard ${ago(session.lastSeenAt)}` : "not heard yet",
    count(session.messagesSaved ?? 0, "message"),
  ].join(" · ");
}

customElements.define("omi-sessions", Sessions);
export { Sessions };
