import { h } from "./dom.js";

const SHOWN_AT_LEAST = 5_000;
const PER_CHARACTER = 60;

/** Short news at the edge of the page, the latest only, for as long as it takes to read, also by a screen reader. */
class Notices extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
  }

  say(text) {
    const notice = h("p", { class: "notice" }, text);
    this.replaceChildren(notice);
    setTimeout(() => notice.remove(), Math.max(SHOWN_AT_LEAST, text.length * PER_CHARACTER));
  }

  clear() {
    this.replaceChildren();
  }
}

customElements.define("omi-notices", Notices);
