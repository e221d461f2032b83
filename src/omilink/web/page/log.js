import { h, icon, setText } from "./dom.js";
import { hasOlder, speakerName } from "./omilink.js";
import { clockTime, dayAndTime, fullTime } from "./words.js";

/** This close to the end, the reader follows what is being said. */
const END = 80;
/** This close to the beginning, older messages are fetched. */
const BEGINNING = 400;
/** A pause this long starts a new group, with its own name and time. */
const GROUP_PAUSE = 120_000;
const VOICES = 8;

/**
 * The messages of one conversation. Follows the end while the reader is there; otherwise keeps what is read in its place.
 */
class MessageLog extends HTMLElement {
  #id = null;
  #elements = new Map();
  #newestSeq = -1;
  #unread = 0;
  #loading = false;
  #beginning;
  #news;
  #loadOlder = async () => {};

  constructor() {
    super();
    this.atEnd = true;
    this.top = h("p", { class: "beginning" });
    this.messages = h("div", { class: "messages" });
    this.scroller = h(
      "div",
      { class: "scroller", role: "log", tabindex: "0", "aria-label": "What is said" },
      this.top,
      this.messages,
    );
    this.pill = h("button", { class: "pill", type: "button", hidden: true, click: () => this.followEnd() });
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.atEnd && this.#toEnd()).observe(this.scroller);
  }

  connectedCallback() {
    if (!this.firstChild) this.append(this.scroller, this.pill);
    if (this.atEnd) this.#toEnd();
  }

  /**
   * Shows a chat. `loadOlder` adds older messages to it; `beginning` is said above its first message and `news` on the
   * button that leads to the end. An `end` event tells that the reader came there.
   */
  show(chat, { loadOlder, beginning, news, isStale = false }) {
    this.#loadOlder = loadOlder;
    this.#beginning = beginning;
    this.#news = news;
    this.classList.toggle("stale", isStale);
    if (this.#id !== chat.conversation.id) this.clear();
    this.#id = chat.conversation.id;
    this.chat = chat;
    this.#sayTop();
    const place = this.atEnd ? null : this.#place();
    this.#draw(chat.messages);
    if (this.atEnd) this.#toEnd();
    else this.#restore(place);
    this.#showPill();
    this.#needOlder();
  }

  /** Forgets what was shown: nothing of a deleted conversation stays in the page. */
  clear() {
    this.#id = null;
    this.chat = undefined;
    this.#elements.clear();
    this.messages.replaceChildren();
    this.#newestSeq = -1;
    this.#unread = 0;
    this.atEnd = true;
  }

  followEnd() {
    this.#toEnd();
    this.scroller.focus({ preventScroll: true });
  }

  #draw(messages) {
    const isFirst = this.#newestSeq === -1;
    // A screen reader hears what is said from now on, not what is filled in.
    const isHistory = messages.some(({ id, seq }) => !this.#elements.has(id) && seq <= this.#newestSeq);
    this.scroller.setAttribute("aria-busy", String(isFirst || isHistory));
    const ids = new Set(messages.map(({ id }) => id));
    for (const [id, element] of this.#elements) if (!ids.has(id)) this.#remove(id, element);
    let next = this.messages.firstChild;
    messages.forEach((message, index) => {
      const element = this.#elements.get(message.id) ?? this.#create(message, isFirst);
      if (element === next) next = next.nextSibling;
      else this.messages.insertBefore(element, next);
      fill(element, message, messages[index - 1]);
    });
    this.#newestSeq = messages.reduce((newest, { seq }) => Math.max(newest, seq), this.#newestSeq);
    requestAnimationFrame(() => this.scroller.setAttribute("aria-busy", "false"));
  }

  #create(message, isFirst) {
    const isNew = !isFirst && message.seq > this.#newestSeq;
    if (isNew && !this.atEnd) this.#unread += 1;
    const element = createMessage();
    if (isNew) element.classList.add("fresh");
    this.#elements.set(message.id, element);
    return element;
  }

  #remove(id, element) {
    element.remove();
    this.#elements.delete(id);
  }

  #sayTop() {
    if (hasOlder(this.chat)) setText(this.top, this.#loading ? "Loading older messages…" : "Older messages");
    else
      setText(
        this.top,
        this.#beginning ?? `Beginning of this conversation · ${dayAndTime(this.chat.conversation.createdAt)}`,
      );
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const wasAtEnd = this.atEnd;
    this.atEnd = scrollHeight - scrollTop - clientHeight < END;
    if (this.atEnd) this.#unread = 0;
    if (this.atEnd && !wasAtEnd) this.dispatchEvent(new Event("end"));
    this.#showPill();
    this.#needOlder();
  }

  #showPill() {
    this.pill.hidden = this.atEnd;
    const label = this.#news ?? (this.#unread > 0 ? `${this.#unread} new` : "Newest");
    if (this.pill.textContent !== label) this.pill.replaceChildren(icon("down"), label);
  }

  async #needOlder() {
    if (this.#loading || !this.chat || !hasOlder(this.chat) || this.scroller.scrollTop > BEGINNING) return;
    this.#loading = true;
    this.#sayTop();
    try {
      await this.#loadOlder();
    } catch {
      setText(this.top, "Older messages could not be loaded. Scroll to try again.");
    } finally {
      this.#loading = false;
    }
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** The first message in sight and where it is. */
  #place() {
    const top = this.scroller.getBoundingClientRect().top;
    const element = [...this.messages.children].find((child) => child.getBoundingClientRect().bottom > top);
    return element && { element, offset: element.getBoundingClientRect().top };
  }

  /** Not left to overflow-anchor: Safari has none, and no browser anchors at the very top. */
  #restore(place) {
    if (place?.element.isConnected) this.scroller.scrollTop += place.element.getBoundingClientRect().top - place.offset;
  }
}

function createMessage() {
  const parts = {
    avatar: h("span", { class: "avatar", "aria-hidden": "true" }),
    name: h("b"),
    time: h("time"),
    text: h("p"),
  };
  const element = h(
    "div",
    { class: "message" },
    parts.avatar,
    h("div", { class: "bubble" }, h("div", { class: "by" }, parts.name, " ", parts.time), parts.text),
  );
  return Object.assign(element, { parts });
}

function fill(element, message, previous) {
  element.classList.toggle("follows", follows(previous, message));
  element.classList.toggle("timely", !isSameMinute(previous, message));
  if (element.message === message) return;
  element.message = message;
  const { avatar, name, time, text } = element.parts;
  const speaker = speakerName(message);
  const at = timeOf(message);
  element.title = fullTime(at);
  element.dataset.voice = voiceOf(message);
  element.classList.toggle("mine", message.isUser);
  setText(avatar, /\d+$/.exec(speaker)?.[0] ?? speaker.slice(0, 1));
  setText(name, speaker);
  setText(time, clockTime(at));
  time.dateTime = at;
  setText(text, message.text);
}

function follows(previous, message) {
  if (!previous || speakerName(previous) !== speakerName(message)) return false;
  return Date.parse(timeOf(message)) - Date.parse(timeOf(previous)) < GROUP_PAUSE;
}

/** The time stands at the first message of each minute; of the others it is there to be asked for. */
function isSameMinute(previous, message) {
  return previous !== undefined && clockTime(timeOf(previous)) === clockTime(timeOf(message));
}

function timeOf({ spokenAt, createdAt }) {
  return spokenAt ?? createdAt;
}

/** The same speaker has the same colour, whatever the name. */
function voiceOf(message) {
  const name = speakerName(message);
  const number = Number(/\d+$/.exec(name)?.[0] ?? NaN);
  const place = Number.isNaN(number) ? [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) : number;
  return place % VOICES;
}

customElements.define("omi-log", MessageLog);
export { MessageLog };
