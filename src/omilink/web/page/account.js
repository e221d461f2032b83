import { createOfflineLine, showOffline } from "./connection.js";
import { confirmed, confirmedWithPassword } from "./dialog.js";
import { h, keepFocus, setText, whileBusy } from "./dom.js";
import { PASSWORD_RULE, field } from "./sign-in.js";
import { clientName, day, dayAndTime } from "./words.js";

/** Where the user is signed in, another password, and the way out. */
class Account extends HTMLElement {
  /** Whether the sign-ins could not be fetched when they were asked for last. */
  #isMissing = false;

  constructor(app) {
    super();
    this.app = app;
    const { email, displayName, createdAt } = app.user;
    this.list = h("div", { class: "cards" }, h("p", { class: "quiet" }, "Loading…"));
    this.endOthers = h("button", { type: "button", hidden: true, click: () => this.revokeOthers() }, "End all others");
    this.offline = createOfflineLine();
    this.append(
      h("header", {}, h("div", { class: "titles" }, h("h1", { tabindex: "-1" }, "Account"), this.offline)),
      h(
        "div",
        { class: "scroller" },
        h(
          "div",
          { class: "column" },
          h(
            "section",
            { class: "card row you", "aria-label": "You" },
            h(
              "div",
              { class: "titles" },
              h("h2", {}, displayName || email),
              h(
                "p",
                { class: "quiet" },
                [displayName && email, `Account since ${day(createdAt)}`].filter(Boolean).join(" · "),
              ),
            ),
            h("button", { class: "leave", type: "button", click: () => app.signOut() }, "Sign out"),
          ),
          h("div", { class: "row" }, h("h2", {}, "Where you are signed in"), this.endOthers),
          this.list,
          this.#createPasswordCard(),
          h(
            "section",
            { class: "card", "aria-labelledby": "delete-title" },
            h("h2", { id: "delete-title" }, "Delete your account"),
            h(
              "p",
              {},
              "Every conversation and every word is removed for ever, your sessions are unlinked, and your webhook address " +
                "stops working. Nobody can undo it.",
            ),
            h(
              "div",
              { class: "row foot" },
              h("span"),
              h("button", { class: "risky", type: "button", click: () => this.deleteAccount() }, "Delete account"),
            ),
          ),
        ),
      ),
    );
  }

  connectedCallback() {
    this.refresh();
  }

  show({ chat }) {
    showOffline(this.offline, chat);
  }

  refresh() {
    return this.app.attempt(async () => {
      try {
        this.#draw(await this.app.client.listSignIns());
        this.#isMissing = false;
      } catch (error) {
        this.#isMissing = true;
        throw error;
      }
    });
  }

  retry() {
    if (this.#isMissing) this.refresh();
  }

  async revoke({ id, client, current }) {
    const name = clientName(client);
    const sure = await confirmed({
      title: current ? "Sign out here?" : `Sign “${name}” out?`,
      consequence: "It is signed out at once, and what it shows of your words stops.",
      action: "Sign out",
    });
    if (sure)
      await this.app.attempt(
        () => this.app.client.revokeSignIn(id),
        () => !current && this.refresh(),
      );
  }

  async revokeOthers() {
    const sure = await confirmed({
      title: "End all other sign-ins?",
      consequence: "Every other browser and app is signed out at once. You stay signed in here.",
      action: "End them",
    });
    if (sure)
      await this.app.attempt(
        () => this.app.client.revokeOtherSignIns(),
        () => this.refresh(),
      );
  }

  async deleteAccount() {
    const { app } = this;
    const isGone = await confirmedWithPassword({
      title: "Delete your account for ever?",
      consequences: [
        "All your conversations, and every word in them, are removed from this server.",
        "Your sessions are unlinked. Whoever knows the id of a device could link it.",
        "Your webhook address stops working, and everything that shows your words signs out.",
      ],
      action: "Delete for ever",
      doing: "Deleting…",
      task: (password) => app.client.deleteAccount({ password }),
    });
    if (isGone && app.chat) app.leave("Your account has been deleted.");
  }

  async changePassword(event) {
    event.preventDefault();
    const [old, next] = [this.oldPassword.input, this.newPassword.input];
    const isOldInQuestion = ({ code }) => !old.value || code === "wrong_login";
    await whileBusy(this.changeButton, "Changing…", async () => {
      setText(this.problem, "");
      try {
        if (!old.value) throw new Error("Enter your password.");
        if (!next.value) throw new Error("Enter the new password.");
        await this.app.client.changePassword({ password: old.value, newPassword: next.value });
        old.value = next.value = "";
        this.app.say("Your password is changed. Everything else has been signed out.");
        await this.refresh();
      } catch (error) {
        setText(this.problem, error.message);
        (isOldInQuestion(error) ? old : next).focus();
      }
    });
  }

  #createPasswordCard() {
    this.problem = h("p", { class: "problem", role: "alert", id: "password-problem" });
    this.oldPassword = passwordField("old-password", "Your password now", "current-password");
    this.newPassword = passwordField("new-password", "Your new password", "new-password", PASSWORD_RULE);
    this.changeButton = h("button", { class: "primary", type: "submit" }, "Change password");
    return h(
      "section",
      { class: "card", "aria-labelledby": "password-title" },
      h("h2", { id: "password-title" }, "Change your password"),
      h(
        "form",
        { submit: (event) => this.changePassword(event), novalidate: true },
        // Password managers want to know whose password it is.
        h("input", { type: "text", autocomplete: "username", value: this.app.user.email, hidden: true }),
        h("div", { class: "fields" }, this.oldPassword, this.newPassword),
        this.problem,
        h(
          "div",
          { class: "row foot" },
          h("p", { class: "quiet" }, "You stay signed in here; everything else is signed out."),
          this.changeButton,
        ),
      ),
    );
  }

  #draw(signIns) {
    this.endOthers.hidden = signIns.length < 2;
    const thisFirst = [...signIns].sort((a, b) => Number(b.current) - Number(a.current));
    keepFocus(
      () => this.list.replaceChildren(...thisFirst.map((signIn) => this.#createCard(signIn))),
      () => this.querySelector("h1"),
    );
  }

  #createCard(signIn) {
    const name = clientName(signIn.client);
    return h(
      "article",
      { class: "card row", "aria-label": name },
      h(
        "div",
        { class: "titles" },
        h("h3", {}, name, signIn.current && h("span", { class: "badge", "data-status": "ok" }, "This browser")),
        h("p", { class: "quiet" }, `Signed in ${dayAndTime(signIn.createdAt)}`),
      ),
      !signIn.current &&
        h("button", { type: "button", "aria-label": `Sign ${name} out`, click: () => this.revoke(signIn) }, "Sign out"),
    );
  }
}

function passwordField(id, label, autocomplete, rule) {
  return field(id, label, { type: "password", autocomplete, "aria-describedby": "password-problem" }, rule);
}

customElements.define("omi-account", Account);
export { Account };
