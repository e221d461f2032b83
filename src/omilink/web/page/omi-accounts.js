import { chosen } from "./dialog.js";
import { h, setText } from "./dom.js";
import { Earlier } from "./earlier.js";
import { provenHow } from "./words.js";

/** The user's OMI accounts: how each was proven, and what was heard before. */
class OmiAccounts extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.list = h("div", { class: "cards" });
    this.append(h("h2", {}, "Your OMI accounts"), this.list);
  }

  show(omi) {
    const accounts = omi?.omi_links ?? [];
    this.hidden = accounts.length === 0;
    const before = new Map([...this.list.children].map((card) => [card.uid, card]));
    const cards = accounts.map(({ omiUserId }) => before.get(omiUserId) ?? this.#createCard(omiUserId));
    cards.forEach((card, index) => fillCard(card, accounts[index]));
    if (cards.some((card, index) => card !== this.list.children[index]) || before.size !== cards.length)
      this.list.replaceChildren(...cards);
  }

  async unlink(uid) {
    const choice = await chosen({
      title: "Unlink this OMI account?",
      consequences: [
        "What it hears from now on is nobody's, until somebody proves again that the account is theirs.",
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
    const proof = h("p", { class: "quiet" });
    const earlier = new Earlier(this.app);
    const unlink = h(
      "button",
      { type: "button", "aria-label": `Unlink OMI account ${uid}`, click: () => this.unlink(uid) },
      "Unlink",
    );
    const card = h(
      "article",
      { class: "card session", "aria-label": `OMI account ${uid}` },
      h("h3", {}, uid),
      earlier,
      h("div", { class: "row" }, proof, unlink),
    );
    return Object.assign(card, { uid, proof, earlier });
  }
}

function fillCard({ proof, earlier }, account) {
  setText(proof, provenHow(account));
  earlier.show(account);
}

customElements.define("omi-accounts", OmiAccounts);
export { OmiAccounts };
