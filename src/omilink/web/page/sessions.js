import { confirmed } from "./dialog.js";
import { h, setText } from "./dom.js";
import { LinkForm } from "./link-form.js";
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
    this.append(
      h("header", {}, h("h1", { tabindex: "-1" }, "Sessions")),
      h(
        "div",
        { class: "scroller" },
        h(
          "div",
          { class: "column" },
          h(
            "p",
            { class: "quiet" },
            "A session is how your wearable is known here. What it hears goes to whom it is linked to.",
          ),
          h(
            "section",
            { class: "card", "aria-labelledby": "link-title" },
            h("h2", { id: "link-title" }, "Link a session"),
            new LinkForm(app.client),
          ),
          h("h2", { id: "sessions-title" }, "Linked to you"),
          this.list,
        ),
      ),
    );
  }

  show({ sessions }) {
    if (sessions === this.shown) return;
    this.shown = sessions;
    if (!sessions) this.list.replaceChildren(h("p", { class: "quiet" }, "Loading your sessions…"));
    else if (sessions.length === 0)
      this.list.replaceChildren(h("p", { class: "quiet" }, "None yet. Link your first one above."));
    else this.#draw(sessions);
  }

  /** Cards stay the same elements, so that focus survives a refresh. */
  #draw(sessions) {
    const before = new Map([...this.list.querySelectorAll("article")].map((card) => [card.sessionId, card]));
    const cards = sessions.map((session) => before.get(session.id) ?? createCard(session.id, this));
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

  async unlink(id) {
    const sure = await confirmed({
      title: "Unlink this session?",
      consequence: `New words of “${id}” will no longer reach you, and somebody else could link it. What was saved stays yours.`,
      action: "Unlink",
    });
    if (sure)
      await this.app.attempt(
        () => this.app.client.unlinkSession(id),
        () => this.app.refreshSessions(),
      );
  }
}

function createCard(id, screen) {
  const parts = {
    badge: h("span", { class: "badge" }),
    message: h("p"),
    nextStep: h("p", { class: "next-step" }),
    facts: h("p", { class: "quiet" }),
    unlink: h("button", { type: "button", "aria-label": `Unlink ${id}`, click: () => screen.unlink(id) }, "Unlink"),
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
  return Object.assign(card, { parts, sessionId: id });
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
