import { h, setText, whileBusy } from "./dom.js";
import { Earlier } from "./earlier.js";
import { OFFLINE, inWords } from "./words.js";

const LOOK_EVERY = 3_000;
const DISMISSED = "omilink.dismissed";
/** As long as the server listens for a sentence. Its clock may differ from ours, so ours counts from the start. */
const GOOD_FOR = 600_000;
/** Which parts are shown when. */
const STEPS = {
  asking: ["form", "problem"],
  waiting: ["sentence", "state", "number", "problem", "foot"],
  expired: ["state", "problem", "foot"],
  linked: ["state", "done"],
};
const NEWS = {
  asking: "",
  waiting: "Listening for your sentence…",
  expired: "Ten minutes are over, and the sentence no longer counts.",
  linked: "Your wearable is linked.",
};

/** Links an OMI account by a sentence that its wearable hears, or by a number on its phone. */
class SpokenLink extends HTMLElement {
  /** The OMI account that this is about. */
  #uid;
  /** Until when the sentence on the page counts; undefined when there is none. */
  #until;
  /** Sentences that the user wants to see no more. */
  #dismissed = recallDismissed();

  constructor(app) {
    super();
    this.app = app;
    this.state = h("p", { class: "arrival", role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", id: "omi-problem" });
    this.parts = {
      form: this.#createForm(),
      sentence: this.#createSentence(),
      state: this.state,
      number: this.#createNumberForm(),
      problem: this.problem,
      foot: this.#createFoot(),
      done: this.#createDone(),
    };
    this.append(...Object.values(this.parts));
  }

  connectedCallback() {
    this.clocks = [
      setInterval(() => this.show(this.app), 1_000),
      setInterval(() => this.step === "waiting" && this.app.refresh(), LOOK_EVERY),
    ];
  }

  disconnectedCallback() {
    this.clocks.forEach(clearInterval);
  }

  /** Fills in an account that the user has named elsewhere. */
  propose(uid) {
    if (uid === this.#uid) this.input.focus();
    else this.startOver(uid);
  }

  show({ omi, chat }) {
    const account = omi?.omi_links.find(({ omiUserId }) => omiUserId === this.#uid);
    if (account) this.#until = undefined;
    else this.#resume(omi);
    this.#go(this.#stepFor(account));
    const isListening = this.step === "waiting";
    setText(this.state, isListening && chat.state === "offline" ? OFFLINE : NEWS[this.step]);
    setText(this.timer, isListening ? `Good for another ${minutesUntil(this.#until)}` : "");
    setText(this.heard, isListening ? heardOf(omi, this.words.textContent) : "");
    if (account) this.#showDone(account);
  }

  start(event) {
    event?.preventDefault();
    const uid = this.input.value.trim();
    const button = event ? this.startButton : this.againButton;
    return whileBusy(button, "Starting…", () =>
      this.#attempt(event ? this.input : button, async () => {
        if (!uid) throw new Error("Enter your OMI user id.");
        const { say, ...push } = await this.app.client.startOmiLink(uid, { bringEarlier: false });
        if (say) this.#listenFor(say, push);
        else await this.app.refresh();
        this.#nowAbout(uid);
        this.show(this.app);
        this.words.focus();
      }),
    );
  }

  confirm(event) {
    event.preventDefault();
    whileBusy(this.confirmButton, "Checking…", () =>
      this.#attempt(this.number, async () => {
        if (!/\d/.test(this.number.value)) throw new Error("Enter the number from your phone.");
        await this.app.client.confirmOmiLink(this.#uid, this.number.value);
        await this.app.refresh();
      }),
    );
  }

  resend() {
    whileBusy(this.resendButton, "Sending…", () =>
      this.#attempt(this.number, async () => {
        const push = await this.app.client.resendOmiLink(this.#uid);
        this.number.value = "";
        this.#showPush(push);
        if (push.pushed) this.app.say("Another number is on its way. The one before no longer counts.");
      }),
    );
  }

  /** Begins anew, with the account if the user has named one. */
  startOver(uid) {
    this.#until = this.isPushed = undefined;
    this.#nowAbout(uid);
    this.input.value = uid ?? "";
    setText(this.problem, "");
    this.show(this.app);
    this.input.focus();
  }

  cancel() {
    const pending = this.app.omi?.pending ?? [];
    this.#dismissed = new Set([...pending.map(({ say }) => say), this.words.textContent]);
    rememberDismissed(this.#dismissed);
    this.startOver();
  }

  #listenFor(say, push, goodFor = GOOD_FOR) {
    this.#until = Date.now() + goodFor;
    setText(this.words, say);
    this.number.value = "";
    this.#showPush(push);
  }

  #showPush({ pushed, notPushed }) {
    this.isPushed = pushed;
    this.resendButton.hidden = !pushed && !notPushed;
    setText(this.notPushed, notPushed ? `No number went to your phone. ${notPushed}` : "");
  }

  #showDone(account) {
    this.earlier.show(account);
    this.live.classList.toggle("primary", this.earlier.hidden);
  }

  /** The address names the account, so that a page that the phone threw away knows what to tell. */
  #nowAbout(uid) {
    this.#uid = uid;
    history.replaceState(null, "", uid ? `#/link/${encodeURIComponent(uid)}` : "#/link");
  }

  /** Whatever is under way since before a reload or elsewhere, unless the user has named another account. */
  #resume(omi) {
    const named = this.#uid ?? this.input.value;
    const pending = omi?.pending.find(
      ({ omiUserId, say }) => !this.#dismissed.has(say) && (!named || omiUserId === named),
    );
    if (this.#until !== undefined || !pending) return;
    this.#uid = this.input.value = pending.omiUserId;
    this.#listenFor(pending.say, { pushed: omi.canPush }, timeLeft(pending));
    this.dispatchEvent(new Event("under-way", { bubbles: true }));
  }

  #stepFor(account) {
    if (account) return "linked";
    if (this.#until === undefined) return "asking";
    return Date.now() < this.#until ? "waiting" : "expired";
  }

  #go(step) {
    const isNews = step !== this.step;
    const hadFocus = this.contains(document.activeElement);
    this.step = step;
    for (const [name, part] of Object.entries(this.parts))
      part.hidden = !STEPS[step].includes(name) || (name === "number" && !this.isPushed);
    this.state.dataset.state = step === "linked" ? "arrived" : step;
    if (isNews && hadFocus && step === "linked") this.live.focus();
    if (isNews && hadFocus && step === "expired") this.againButton.focus();
  }

  async #attempt(field, task) {
    setText(this.problem, "");
    try {
      await task();
    } catch (error) {
      setText(this.problem, inWords(error));
      field.focus();
      this.problem.scrollIntoView({ block: "nearest" });
    }
  }

  #createForm() {
    this.input = h("input", {
      id: "omi-user-id",
      type: "text",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: "128",
      "aria-describedby": "omi-user-id-help omi-problem",
    });
    this.startButton = h("button", { class: "primary", type: "submit" }, "Start");
    return h(
      "form",
      { submit: (event) => this.start(event), novalidate: true },
      h("label", { for: "omi-user-id" }, "Your OMI user id"),
      h(
        "p",
        { class: "quiet", id: "omi-user-id-help" },
        "In the OMI app it stands under Settings, in your profile or among the developer settings, as “User ID”.",
      ),
      h("div", { class: "row" }, this.input, this.startButton),
    );
  }

  #createSentence() {
    this.words = h("p", { class: "sentence", id: "sentence", tabindex: "-1", "aria-describedby": "sentence-help" });
    this.timer = h("p", { class: "quiet", role: "timer" });
    this.heard = h("p", { class: "heard", role: "status" });
    return h(
      "div",
      { class: "saying" },
      h("p", {}, h("b", {}, "Say this into your wearable")),
      this.words,
      h(
        "p",
        { class: "quiet", id: "sentence-help" },
        "At your usual pace, and as often as you like. The sentence itself is not saved.",
      ),
      this.timer,
      this.heard,
    );
  }

  #createNumberForm() {
    this.number = h("input", {
      id: "omi-number",
      type: "text",
      inputmode: "numeric",
      autocomplete: "one-time-code",
      maxlength: "12",
      "aria-describedby": "omi-problem",
    });
    this.confirmButton = h("button", { class: "primary", type: "submit" }, "Confirm");
    return h(
      "form",
      { submit: (event) => this.confirm(event), novalidate: true },
      h("label", { for: "omi-number" }, "Or type the number that the OMI app has just shown on your phone"),
      h("div", { class: "row" }, this.number, this.confirmButton),
    );
  }

  #createFoot() {
    this.notPushed = h("p", { class: "quiet" });
    this.againButton = h("button", { type: "button", click: () => this.start() }, "New sentence");
    this.resendButton = h("button", { type: "button", click: () => this.resend() }, "New number");
    const cancel = h("button", { class: "link", type: "button", click: () => this.cancel() }, "Cancel");
    return h(
      "div",
      { class: "done" },
      this.notPushed,
      h("div", { class: "row wrap" }, this.againButton, this.resendButton, cancel),
    );
  }

  #createDone() {
    this.earlier = new Earlier(this.app);
    this.live = h("a", { class: "button", href: "#/live" }, "See what it hears");
    const other = h("button", { class: "link", type: "button", click: () => this.startOver() }, "Link another");
    return h("div", { class: "done" }, this.earlier, h("div", { class: "row wrap" }, this.live, other));
  }
}

/** They outlive a reload of the page, where the browser lets the page remember anything. */
function recallDismissed() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(DISMISSED) ?? "[]"));
  } catch {
    return new Set();
  }
}

function rememberDismissed(sentences) {
  try {
    sessionStorage.setItem(DISMISSED, JSON.stringify([...sentences]));
  } catch {
    // The page itself remembers them until it is loaded again.
  }
}

/** By our clock; where it contradicts the server, which still listens, the whole time. */
function timeLeft({ expiresAt }) {
  const left = Date.parse(expiresAt) - Date.now();
  return left > 0 && left < GOOD_FOR ? left : GOOD_FOR;
}

function heardOf(omi, sentence) {
  const heard = omi?.pending.find(({ say }) => say === sentence)?.heard;
  return heard ? `Heard “${heard}”. That is close: say all six words once more.` : "";
}

/** "9:41" */
function minutesUntil(time) {
  const seconds = Math.max(0, Math.ceil((time - Date.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

customElements.define("omi-spoken-link", SpokenLink);
export { SpokenLink };
