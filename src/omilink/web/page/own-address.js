import { confirmed } from "./dialog.js";
import { h, setText, whileBusy } from "./dom.js";
import { OFFLINE, dayAndTime } from "./words.js";

/** Links by the user's own webhook address: what to do with it, and whether words arrive there. */
class OwnAddress extends HTMLElement {
  #shown;

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
    this.copyButton = h("button", { class: "primary", type: "button", click: () => this.copy() }, "Copy");
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
        "A device or a program in your own network can use the address as it is.",
    );
    this.previous = h("p", { class: "quiet" });
    this.replaceButton = h("button", { class: "link", type: "button", click: () => this.replace() }, "Replace address");
    this.append(
      h(
        "ol",
        { class: "steps" },
        h(
          "li",
          {},
          h("label", { for: "webhook-address" }, "Copy your personal webhook address"),
          h("div", { class: "row" }, this.address, this.copyButton),
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
          this.hint,
        ),
        h("li", {}, h("b", {}, "Say something"), this.state, this.live),
      ),
      h("div", { class: "row foot" }, this.previous, this.replaceButton),
    );
  }

  connectedCallback() {
    if (!this.#shown) this.load();
  }

  show({ sessions, chat }) {
    const { name, text } = arrivalOf(sessions, chat.state);
    this.state.dataset.state = name;
    this.hint.hidden = name === "arrived" || isOnTheInternet(this.address.value);
    this.live.hidden = name !== "arrived";
    setText(this.state, text);
  }

  load() {
    return this.#attempt(async () => this.#showAddress(await this.app.client.webhookUrl()));
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.address.value);
      setText(this.copyButton, "Copied");
      setTimeout(() => setText(this.copyButton, "Copy"), 2_000);
    } catch {
      this.address.focus(); // Without https there is no clipboard; the selected text is one key away from it.
      this.address.select();
    }
  }

  /** Only when asked for: whoever sees the code can post words to the user. */
  toggleCode() {
    this.code.hidden = !this.code.hidden;
    this.codeButton.setAttribute("aria-expanded", String(!this.code.hidden));
    setText(this.codeButton, this.code.hidden ? "Show it as a QR code" : "Hide the QR code");
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
    this.app.draw();
    setText(
      this.previous,
      previousValidUntil ? `The address before works until ${dayAndTime(previousValidUntil)}.` : "",
    );
  }
}

/** What has come in at the address so far. */
function arrivalOf(sessions = [], connection) {
  const mine = sessions.filter(({ method }) => method === "personal");
  if (mine.some(({ messagesSaved }) => messagesSaved))
    return { name: "arrived", text: "Words are arriving. Your wearable is linked." };
  if (connection === "offline") return { name: "offline", text: OFFLINE };
  if (mine.length > 0) return { name: "waiting", text: "Your wearable has called. Waiting for the first words…" };
  return { name: "waiting", text: "Waiting for the first words…" };
}

function isOnTheInternet(url) {
  if (!url) return true; // not known yet
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" && hostname !== "localhost" && !/^(127|10|192\.168)\./.test(hostname);
}

customElements.define("omi-own-address", OwnAddress);
export { OwnAddress };
