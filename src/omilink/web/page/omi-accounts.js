import { chosen } from "./dialog.js";
import { h, setText } from "./dom.js";
import { Earlier } from "./earlier.js";
import { createHealth, showHealth } from "./health.js";
import { heardHow, provenHow } from "./words.js";

const UNHEARD = { status: "waiting", message: "Linked. Its first words appear under Live." };
/** A device has a session id of its own, which does not tell its account. */
const BELOW = { status: "waiting", message: "Linked. What its devices hear comes in under the sessions below." };

/** The user's OMI accounts: how each was proven, how it is doing, and what was heard before. */
class OmiAccounts extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.list = h("div", { class: "cards" });
    this.append(h("h2", {}, "Your OMI accounts"), this.list);
  }

  show(accounts, sessions) {
    this.hidden = accounts.length === 0;
    const before = new Map([...this.list.children].map((card) => [card.uid, card]));
    const cards = accounts.map(({ omiUserId }) => before.get(omiUserId) ?? this.#createCard(omiUserId));
    const hasOthers = sessions.some((session) => session.method === "uid" && !accounts.some((a) => isOf(session, a)));
    cards.forEach((card, index) =>
      fillCard(
        card,
        accounts[index],
        sessions.find((session) => isOf(session, accounts[index])),
        hasOthers ? BELOW : UNHEARD,
      ),
    );
    if (cards.some((card, index) => card !== this.list.children[index]) || before.size !== cards.length)
      this.list.replaceChildren(...cards);
  }

  async unlink(uid) {
    const choice = await chosen({
      title: "Unlink this OMI account?",
      consequences: [
        "What it hears from now on no longer reaches you. It is kept for some days, shown to nobody, and goes to whoever " +
          "proves next that the account is theirs.",
        "The sessions that it linked are unlinked with it.",
        "What was saved stays yours.",
      ],
      actions: { unlink: "Unlink" },
    });
    if (choice)
      await this.app.attempt(
        () => this.app.client.unlinkOmiLink(uid),
        () => this.app.refresh(),
      );
  }

  #createCard(uid) {
    const health = createHealth();
    const facts = h("p", { class: "quiet" });
    const earlier = new Earlier(this.app);
    const unlink = h(
      "button",
      { type: "button", "aria-label": `Unlink OMI account ${uid}`, click: () => this.unlink(uid) },
      "Unlink",
    );
    const card = h(
      "article",
      { class: "card session", "aria-label": `OMI account ${uid}` },
      h("div", { class: "row" }, h("h3", {}, uid), health.badge),
      health.message,
      health.nextStep,
      earlier,
      h("div", { class: "row" }, facts, unlink),
    );
    return Object.assign(card, { uid, health, facts, earlier });
  }
}

/** On OMI's cloud a session has the id of its account, and is shown with it. */
export function isOf({ id, method }, { omiUserId }) {
  return method === "uid" && id === omiUserId;
}

function fillCard({ health, facts, earlier }, account, session, otherwise) {
  showHealth(health, session?.health ?? otherwise);
  setText(facts, [provenHow(account), session && heardHow(session)].filter(Boolean).join(" · "));
  earlier.show(account);
}

customElements.define("omi-accounts", OmiAccounts);
export { OmiAccounts };
