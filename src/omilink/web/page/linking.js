import { h, icon } from "./dom.js";
import { LinkForm } from "./link-form.js";
import { OwnAddress } from "./own-address.js";
import { SpokenLink } from "./spoken-link.js";

/** "Link your wearable": three ways, the one that suits most people first. */
class Linking extends HTMLElement {
  /** The OMI account that the page's address names. */
  #named;

  constructor(app) {
    super();
    this.ownAddress = new OwnAddress(app);
    this.spoken = new SpokenLink(app);
    this.linkForm = new LinkForm(app.client);
    this.spokenWay = way(
      "By saying a sentence",
      "Your words come here through an app, or you'd rather not paste an address.",
      this.spoken,
    );
    this.addEventListener("needs-proof", ({ detail }) => this.#propose(detail));
    this.addEventListener("under-way", () => (this.spokenWay.open = true));
    this.append(
      h(
        "header",
        {},
        h(
          "a",
          { class: "bare", href: "#/sessions", "aria-label": "Back to sessions", title: "Back to sessions" },
          icon("back"),
        ),
        h("div", { class: "titles" }, h("h1", { tabindex: "-1" }, "Link your wearable")),
      ),
      h(
        "div",
        { class: "scroller" },
        h(
          "div",
          { class: "column" },
          h("p", { class: "quiet" }, "Then what it hears is yours, and appears here as it is said."),
          way("With your own address", "Suits most. Paste one address into the OMI app.", this.ownAddress, true),
          this.spokenWay,
          way("With the device's id", "For a device that you were given or programmed yourself.", this.linkForm),
        ),
      ),
    );
  }

  show(app) {
    if (app.route.id !== this.#named) this.#propose(app.route.id);
    this.#named = app.route.id;
    this.ownAddress.show(app);
    this.spoken.show(app);
  }

  retry() {
    this.ownAddress.retry();
  }

  unlinked(sessionId) {
    this.linkForm.unlinked(sessionId);
  }

  #propose(uid) {
    if (!uid) return;
    this.spokenWay.open = true;
    this.spoken.propose(uid);
  }
}

/** One of several, of which one is open. */
function way(title, hint, content, isOpen = false) {
  return h(
    "details",
    { class: "card way", name: "way", open: isOpen },
    h(
      "summary",
      {},
      h("span", { class: "titles" }, h("h2", {}, title), h("span", { class: "quiet" }, hint)),
      icon("more"),
    ),
    content,
  );
}

customElements.define("omi-linking", Linking);
export { Linking };
