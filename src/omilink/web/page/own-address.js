import { createCopyButton } from "./copy-button.js";
import { confirmed } from "./dialog.js";
import { h, setText, whileBusy } from "./dom.js";
import { OFFLINE, ago, dayAndTime } from "./words.js";

/** So long the address before works as well. */
const GRACE = 24 * 3_600_000;

/** Links by the user's own webhook address: what to do with it, and whether words arrive there. */
class OwnAddress extends HTMLElement {
  #shown;
  /** When the newest words had come before this visit, and when the address was replaced, by the server's clock. */
  #before;
  #replacedAt = 0;

  constructor(app) {
    super();
    this.app = app;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.address = h("input", {
      id: "webhook-address",
      type: "text",
      readonly: true,
      spellcheck: "false",
      "aria-describedby": "webhook-help",
      focus: () => this.address.select(),
    });
    const copy = createCopyButton({
      class: "primary copy",
      copied: () => this.address.value,
      select: () => this.address.select(),
    });
    this.codeButton = h(
      "button",
      { class: "link", type: "button", "aria-controls": "webhook-code", click: () => this.toggleCode() },
      "Show it as a QR code",
    );
    this.code = h("figure", { id: "webhook-code", hidden: true });
    this.state = h("p", { class: "arrival", role: "status" });
    this.live = h("a", { class: "button", href: "#/live" }, "See what it hears");
    this.hint = h(
      "p",
      { class: "hint", hidden: true },
      "OMI's cloud reaches only https addresses on the internet, and this server is not at one yet. " +
        "Ask whoever runs this server. A device or a program in your own network can use the address as it is.",
    );
    this.previous = h("p", { class: "quiet" });
    this.replaceButton = h("button", { class: "link", type: "button", click: () => this.replace() }, "Replace address");
    this.append(
      this.hint,
      h(
        "ol",
        { class: "steps" },
        h(
          "li",
          {},
          h("label", { for: "webhook-address" }, "Copy your personal webhook address"),
          h("div", { class: "row" }, this.address, copy),
          this.problem,
          h(
            "p",
            { class: "quiet", id: "webhook-help" },
            "What arrives there is yours, so keep the address to yourself.",
          ),
          this.codeButton,
          this.code,
        ),
        h(
          "li",
          {},
          h("b", {}, "Paste it into the OMI app"),
          h("p", { class: "quiet" }, "Settings → Developer → webhook URL for “Real-time transcript”."),
        ),
        h("li", {}, h("b", {}, "Say something"), this.state, this.live),
      ),
      h("div", { class: "row foot" }, this.previous, this.replaceButton),
    );
  }

  connectedCallback() {
    this.#before = undefined;
    if (!this.#shown) this.load();
  }

  show({ sessions, chat }) {
    const own = sessions?.filter(({ method }) => method === "personal");
    const last = lastWords(own);
    if (own) this.#before ??= last;
    const isHere = last > this.#replacedAt;
    const isNew = isHere && last > this.#before;
    // Until the address is known the page's own is the best guess: what comes later moves what somebody wants to press.
    this.hint.hidden = isHere || isOnTheInternet(this.address.value || location.href);
    this.live.hidden = !isHere;
    this.state.dataset.state = isNew ? "arrived" : isHere ? "heard" : "waiting";
    const news = isNew
      ? arrived(this.#replacedAt)
      : isHere
        ? `Last words ${ago(last)}.`
        : waiting(own, this.#replacedAt);
    setText(this.state, !isNew && chat.state === "offline" ? OFFLINE : news);
  }

  retry() {
    if (!this.#shown && this.problem.textContent) this.load();
  }

  load() {
    return this.#attempt(async () => this.#showAddress(await this.app.client.webhookUrl()));
  }

  /** Only when asked for: whoever sees the code can post words to the user. */
  toggleCode() {
    this.code.hidden = !this.code.hidden;
    this.codeButton.setAttribute("aria-expanded", String(!this.code.hidden));
    setText(this.codeButton, this.code.hidden ? "Show it as a QR code" : "Hide the QR code");
    if (this.code.hidden) return this.code.replaceChildren();
    this.code.replaceChildren(
      h("img", { src: `me/webhook-url.svg?${Date.now()}`, alt: "QR code of your personal webhook address" }),
      h("figcaption", { class: "quiet" }, "Scan it with the phone that has the OMI app, and copy the address there."),
    );
  }

  async replace() {
    const sure = await confirmed({
      title: "Replace your webhook address?",
      consequence:
        "You get a new one. The address you have now works for another 24 hours: paste the new one into the OMI app " +
        "by then. One that was replaced before stops at once.",
      action: "Replace",
    });
    if (!sure) return;
    await whileBusy(this.replaceButton, "Replacing…", () =>
      this.#attempt(async () => {
        this.#showAddress(await this.app.client.rotateWebhookUrl());
        if (!this.code.hidden) this.toggleCode(); // it shows the address before
        this.app.say("This is your new address. Paste it into the OMI app.");
        this.address.focus();
        this.address.scrollIntoView({ block: "center" });
      }),
    );
  }

  async #attempt(task) {
    setText(this.problem, "");
    try {
      await task();
    } catch (error) {
      setText(this.problem, error.message);
    }
  }

  #showAddress({ url, previousValidUntil }) {
    this.#shown = url;
    this.address.value = url;
    this.#replacedAt = previousValidUntil ? Date.parse(previousValidUntil) - GRACE : 0;
    this.app.draw();
    setText(
      this.previous,
      previousValidUntil ? `The address before works until ${dayAndTime(previousValidUntil)}.` : "",
    );
  }
}

function lastWords(sessions = []) {
  const heard = sessions.filter(({ messagesSaved }) => messagesSaved);
  return Math.max(0, ...heard.map(({ lastSeenAt }) => Date.parse(lastSeenAt)));
}

function arrived(replacedAt) {
  return replacedAt
    ? "Words are arriving, at this address or the one before."
    : "Words are arriving. Your wearable is linked.";
}

function waiting(sessions = [], replacedAt) {
  if (replacedAt) return "Waiting for the first words at the new address…";
  return `${sessions.length > 0 ? "Your wearable has called. " : ""}Waiting for the first words…`;
}

function isOnTheInternet(url) {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" && hostname !== "localhost" && !/^(127|10|192\.168)\./.test(hostname);
}

customElements.define("omi-own-address", OwnAddress);
export { OwnAddress };
