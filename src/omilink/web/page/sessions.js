import { confirmed } from "./dialog.js";
import { h, setText } from "./dom.js";
import { LinkForm } from "./link-form.js";
import { WebhookCard } from "./webhook-card.js";
import { ago, count, linkedHow } from "./words.js";

const HEALTH = {
  ok: "Working",
  waiting: "Waiting",
  quiet: "Quiet",
  failing: "Problem",
  suspended: "Suspended",
};

/** The user's sessions: how each is doing and what to do about it. */
class Sessions extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.list = h("div", { class: "cards" });
    this.webhook = new WebhookCard(app);
    this.append(
      h("header", {}, h("h1", { tabindex: "-1" }, "Sessions")),
      h(
        "div",
        { class: "scroller" },
        h(
          "div",
          { class: "column" },
          this.webhook,
          h("h2", { id: "sessions-title" }, "Linked to you"),
          this.list,
          h("h2", {}, "A device with an id of its own"),
          h("section", { class: "card", "aria-label": "Link a session by its id" }, new LinkForm(app.client)),
        ),
      ),
    );
  }

  show({ sessions }) {
    this.webhook.show({ sessions });
    if (sessions === this.shown) return;
    this.shown = sessions;
    if (!sessions) this.list.replaceChildren(h("p", { class: "quiet" }, "Loading your sessions…"));
    else if (sessions.length === 0)
      this.list.replaceChildren(
        h("p", { class: "quiet" }, "Nothing yet. With its first words your wearable appears here."),
      );
    else this.#draw(sessions);
  }

  /** Cards stay the same elements, so that focus survives a refresh. */
  #draw(sessions) {
    const before = new Map([...this.list.querySelectorAll("article")].map((card) => [card.key, card]));
    const cards = sessions.map((session) => before.get(keyOf(session)) ?? createCard(session, this));
    cards.forEach((card, index) => fillCard(card, sessions[index]));
    const isSame =
      cards.length === this.list.children.length && cards.every((card, index) => card === this.list.children[index]);
    if (!isSame) this.list.replaceChildren(...cards);
  }

  relink(id) {
    return this.app.attempt(
      () => this.app.client.linkSession(id),
      () => this.app.refreshSessions(),
    );
  }

  async unlink({ id, method }) {
    const sure = await confirmed({
      title: "Unlink this session?",
      consequence:
        method === "personal"
          ? `“${id}” comes back with its next words, because your webhook address links by itself. To be rid of it, take the address out of the device, or replace it. What was saved stays yours.`
          : `New words of “${id}” will no longer reach you, and somebody else could link it. What was saved stays yours.`,
      action: "Unlink",
    });
    if (sure)
      await this.app.attempt(
        () => this.app.client.unlinkSession(id),
        () => this.app.refreshSessions(),
      );
  }
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
  };
  const card = h(
    "article",
    { class: "card session", "aria-label": `Session ${id}` },
    h("div", { class: "row" }, h("h3", {}, id), parts.badge),
    parts.message,
    parts.nextStep,
    h("div", { class: "row" }, parts.facts, parts.unlink, parts.relink),
  );
  return Object.assign(card, { parts, key: keyOf(session) });
}

function fillCard({ parts }, session) {
  const { status = "waiting", message = "", nextStep = "" } = session.health ?? {};
  parts.badge.dataset.status = status;
  setText(parts.badge, HEALTH[status] ?? status);
  setText(parts.message, message);
  setText(parts.nextStep, nextStep ?? "");
  parts.nextStep.hidden = !nextStep;
  setText(parts.facts, factsOf(session));
  parts.unlink.hidden = !session.linked;
  parts.relink.hidden = session.linked;
}

function factsOf(session) {
  return [
    session.linked ? linkedHow(session) : "Not linked",
    session.lastSeenAt ? `last heard ${ago(session.lastSeenAt)}` : "not heard yet",
    count(session.messagesSaved ?? 0, "message"),
  ].join(" · ");
}

customElements.define("omi-sessions", Sessions);
export { Sessions };
