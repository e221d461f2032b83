import { h } from "./dom.js";

const SHOWN_FOR = 5_000;

/** Short news at the edge of the page, the latest only, read out by a screen reader. */
class Notices extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
  }

  say(text) {
    const notice = h("p", { class: "notice" }, text);
    this.replaceChildren(notice);
    setTimeout(() => notice.remove(), SHOWN_FOR);
  }
}

customElements.define("omi-notices", Notices);
