import "./notices.js";
import { Account } from "./account.js";
import { Conversations, beforeReading, isListAlone } from "./conversations.js";
import { confirmed } from "./dialog.js";
import { h, icon, keepFocus } from "./dom.js";
import { Linking } from "./linking.js";
import { Live } from "./live.js";
import { createClient } from "./omilink.js";
import { Reading } from "./reading.js";
import { Sessions } from "./sessions.js";
import { SignIn } from "./sign-in.js";
import { signedOutBecause, unlinkedBecause } from "./words.js";

const SIGNED_OUT = "You signed out.";
const REFRESH_EVERY = 15_000;
const TABS = { live: "Live", conversations: "Conversations", sessions: "Sessions", account: "Account" };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TITLES = { ...TABS, conversation: "Conversation", link: "Link your wearable", "sign-in": "Sign in" };

/** The page: who is signed in, which screen is shown, and the chat behind it. */
class App extends HTMLElement {
  client = createClient({ baseUrl: new URL(".", document.baseURI).href });
  notices = document.createElement("omi-notices");
  #unread = 0;
  #isDrawing = false;
  #wasOffline = false;
  /** Whether the user has asked for it here: the stream may end before the answer comes. */
  #isSigningOut = false;
  /** Conversations that the user has deleted here. */
  #deleting = new Set();

  connectedCallback() {
    addEventListener("resize", () => this.draw());
    addEventListener("hashchange", () => this.navigate());
    this.addEventListener("linked", () => this.refresh());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    setInterval(() => this.#isSeen() && this.refresh(), REFRESH_EVERY);
    this.begin();
  }

  async begin() {
    this.replaceChildren(h("p", { class: "alone quiet" }, "Loading…"));
    try {
      const { user } = await this.client.me();
      this.enter(user);
    } catch (error) {
      if (error.status === 401) this.leave();
      else this.#showUnreachable(error);
    }
  }

  enter(user) {
    this.user = user;
    this.sessions = this.omi = undefined;
    /** OMI accounts of which the user does not want what was heard before. */
    this.leftOut = new Set();
    this.screens = {
      live: new Live(this),
      conversation: new Reading(this),
      sessions: new Sessions(this),
      link: new Linking(this),
      account: new Account(this),
    };
    this.conversations = new Conversations(this);
    this.chat = this.client.chat({
      onView: () => this.draw(),
      onState: (state, status) => this.#stateChanged(state, status),
      onEvent: (event) => this.#happened(event),
    });
    this.#build();
    this.navigate();
    this.refresh();
  }

  leave(notice) {
    this.chat?.close();
    this.chat = undefined;
    this.dataset.screen = "sign-in";
    this.#countUnread(0);
    const signIn = new SignIn(this.client, notice);
    signIn.addEventListener("signed-in", ({ detail }) => this.enter(detail));
    this.replaceChildren(signIn);
    signIn.querySelector("input").focus();
  }

  async signOut() {
    this.#isSigningOut = true;
    await this.attempt(async () => {
      await this.client.logout();
      if (this.chat) this.leave(SIGNED_OUT);
    });
    this.#isSigningOut = false;
  }

  navigate() {
    if (!this.chat) return;
    this.notices.clear();
    this.route = routeOf(location.hash);
    this.draw();
  }

  /** Draws once per frame, however much has changed. */
  draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      if (this.chat) this.#draw();
    });
  }

  say(text) {
    this.notices.say(text);
  }

  /** Does what the user asked for and says why when it cannot be done. */
  async attempt(task, then = () => {}) {
    try {
      await task();
      await then();
    } catch (error) {
      this.say(error.message);
    }
  }

  async deleteConversation(id) {
    const sure = await confirmed({
      title: "Delete this conversation?",
      consequence: "It disappears here and on all your devices. This cannot be undone.",
      action: "Delete",
    });
    if (!sure) return;
    this.#deleting.add(id);
    await this.attempt(() => this.client.deleteConversation(id));
  }

  /** Asks how the user's sessions and OMI accounts are. */
  async refresh() {
    if (!this.chat) return;
    try {
      [this.sessions, this.omi] = await Promise.all([this.client.listSessions(), this.client.listOmiLinks()]);
      this.draw();
      this.screens[this.route.screen]?.retry?.();
    } catch {
      // The connection line says so already, and the next refresh makes good.
    }
  }

  #build() {
    this.main = h("main", { id: "main" });
    this.tabs = Object.entries(TABS).map(([name, label]) =>
      h("a", { href: `#/${name}`, class: name }, icon(name), label),
    );
    this.replaceChildren(
      h("a", { class: "skip", href: "#main", click: (event) => this.#skip(event) }, "Skip to content"),
      h(
        "header",
        { class: "brand" },
        h("img", { src: "page/icon.svg", alt: "", width: "32", height: "32" }),
        h("span", {}, "omilink"),
      ),
      h("nav", { class: "tabs", "aria-label": "Main" }, this.tabs),
      this.conversations,
      h(
        "footer",
        {},
        h("span", { class: "who", title: this.user.email }, this.user.displayName || this.user.email),
        h("button", { class: "bare", type: "button", click: () => this.signOut() }, icon("sign-out"), "Sign out"),
      ),
      this.main,
      this.notices,
    );
  }

  #draw() {
    const screen = this.screens[this.route.screen] ?? this.screens.live;
    const before = this.dataset.screen;
    this.dataset.screen = this.route.screen;
    this.#entitle();
    for (const tab of this.tabs) markCurrent(tab, tab.hash === `#/${this.route.tab ?? this.route.screen}`);
    if (this.main.firstChild !== screen) this.main.replaceChildren(screen);
    this.conversations.show(this);
    if (before && before !== this.route.screen) this.#focusHeading();
    keepFocus(
      () => screen.show(this),
      () => screen.querySelector("h1"),
    );
  }

  /** Of what is the main part of the page now. */
  #focusHeading() {
    const heading = isListAlone(this.route) ? this.conversations.heading : this.main.querySelector("h1");
    heading.focus({ preventScroll: true });
  }

  #skip(event) {
    event.preventDefault();
    this.#focusHeading();
  }

  #stateChanged(state, { reason }) {
    if (state === "signed_out") return this.leave(this.#isSigningOut ? SIGNED_OUT : signedOutBecause(reason));
    if (state === "offline") this.#wasOffline = true;
    const isBack = this.#wasOffline && ["live", "polling"].includes(state);
    if (isBack) this.#wasOffline = false;
    if (isBack) this.refresh();
    this.draw();
  }

  #happened(event) {
    if (event.type === "new_messages" && !this.#isSeen()) this.#countUnread(this.#unread + event.messages.length);
    if (event.type === "conversation_deleted" && event.conversationId === this.route.id)
      this.#deletedWhileReading(event.conversationId);
    if (event.type === "session_unlinked") this.#unlinked(event.session.id, event.reason);
    if (event.type === "session_linked" || event.type === "session_unlinked") this.refresh();
    if (event.type === "new_messages" && this.#waitsForWords) this.refresh();
  }

  #unlinked(sessionId, reason) {
    this.screens.link.unlinked(sessionId);
    this.say(`Session “${sessionId}” is no longer linked to you. ${unlinkedBecause(reason)}`);
  }

  #deletedWhileReading(id) {
    history.replaceState(null, "", `#/${beforeReading()}`);
    this.navigate();
    this.say(this.#deleting.has(id) ? "Deleted." : "This conversation is no longer among yours.");
  }

  get #waitsForWords() {
    return this.route.screen === "link" || this.sessions?.some(isWaiting);
  }

  #visibilityChanged() {
    if (!this.#isSeen()) return;
    this.#countUnread(0);
    this.chat?.wake();
    this.refresh();
  }

  #isSeen() {
    return document.visibilityState === "visible";
  }

  #countUnread(number) {
    this.#unread = number;
    this.#entitle();
  }

  #entitle() {
    const unread = this.#unread > 0 ? `(${this.#unread}) ` : "";
    document.title = `${unread}${TITLES[this.dataset.screen]} · omilink`;
  }

  #showUnreachable(error) {
    const retry = h("button", { class: "primary", type: "button", click: () => this.begin() }, "Try again");
    this.replaceChildren(
      h(
        "main",
        { class: "alone" },
        h("h1", {}, "No connection"),
        h("p", { class: "quiet", role: "alert" }, error.message),
        retry,
      ),
    );
  }
}

function routeOf(hash) {
  const [, screen, escaped = ""] = hash.split("/");
  const id = unescaped(escaped);
  if (screen === "conversations" && UUID.test(id)) return { screen: "conversation", tab: "conversations", id };
  if (screen === "link") return { screen, tab: "sessions", id };
  return { screen: Object.hasOwn(TABS, screen) ? screen : "live" };
}

/** An address may be anybody's. */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function isWaiting({ health }) {
  return health?.status === "waiting";
}

function markCurrent(link, isCurrent) {
  if (isCurrent) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

customElements.define("omi-app", App);
