import { createCopyButton } from "./copy-button.js";
import { h, setText, whileBusy } from "./dom.js";
import { generateSessionId } from "./omilink.js";

/** Links a session by its id, or makes an id to try. Tells with bubbling events: `linked`, or that it `needs-proof`. */
class LinkForm extends HTMLElement {
  /** The session of which the form says that it is linked. */
  #linked;

  constructor(client) {
    super();
    this.client = client;
    this.problem = h("p", { class: "problem", role: "alert", id: "link-problem" });
    this.input = h("input", {
      id: "session-id",
      name: "session-id",
      type: "text",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: "128",
      "aria-describedby": "link-problem link-help",
    });
    this.linkButton = h("button", { class: "primary", type: "submit" }, "Link");
    this.tryButton = h("button", { type: "button", click: () => this.tryOut() }, "Make an id to try");
    this.trial = h("div", { class: "trial", hidden: true });
    this.state = h("p", { class: "arrival", role: "status", "data-state": "arrived" });
    this.proveButton = h(
      "button",
      { type: "button", hidden: true, click: () => this.#tell("needs-proof", this.input.value.trim()) },
      "Say a sentence instead",
    );
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.append(
      h(
        "form",
        { submit: (event) => this.submit(event), novalidate: true },
        h("label", { for: "session-id" }, "The device's id"),
        h("div", { class: "row" }, this.input, this.linkButton),
        this.problem,
      ),
      this.proveButton,
      this.state,
      h(
        "p",
        { class: "quiet", id: "link-help" },
        "Whoever gave you the device has it. A device that you programmed sends it as “session_id” with everything it " +
          "hears: you chose it. You can link it before its first word.",
      ),
      h("p", { class: "row wrap try" }, h("span", { class: "quiet" }, "No wearable at hand?"), this.tryButton),
      this.trial,
    );
  }

  submit(event) {
    event.preventDefault();
    whileBusy(this.linkButton, "Linking…", () =>
      this.attempt(async () => {
        const id = this.input.value.trim();
        await this.link(id);
        this.#linked = id;
        setText(this.state, `“${id}” is linked to you. What it says appears under Live.`);
      }),
    );
  }

  tryOut() {
    whileBusy(this.tryButton, "Making an id…", () =>
      this.attempt(async () => {
        const { url } = await this.client.webhookUrl();
        this.showTrial(url, generateSessionId());
      }),
    );
  }

  unlinked(id) {
    if (id === this.#linked) setText(this.state, "");
  }

  async attempt(task) {
    setText(this.problem, "");
    setText(this.state, "");
    this.proveButton.hidden = true;
    try {
      await task();
    } catch (error) {
      this.#explain(error);
      this.input.focus();
    }
  }

  #explain({ code, message }) {
    const needsProof = code === "proof_required";
    setText(
      this.problem,
      needsProof
        ? "Whoever knows this id could claim it, so it takes a proof that it is yours."
        : message.replace(/^session_id /, "The device's id "),
    );
    this.proveButton.hidden = !needsProof;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  async link(id) {
    if (!id) throw new Error("Enter the id of your device.");
    const session = await this.client.linkSession(id);
    this.input.value = "";
    this.#tell("linked", session);
  }

  showTrial(address, id) {
    const command = curlFor(address, id);
    const code = h("code", { id: "trial-command" }, command);
    const copy = createCopyButton({
      class: "copy",
      copied: () => command,
      select: () => getSelection().selectAllChildren(code),
    });
    this.trial.replaceChildren(
      h("p", {}, "Run this in a terminal. It posts to your personal webhook address, and the words appear under Live:"),
      h("pre", { tabindex: "0", "aria-label": "Command to try" }, code),
      h("p", { class: "row wrap" }, copy, h("span", { class: "quiet" }, "Keep the address to yourself.")),
    );
    this.trial.hidden = false;
    this.trial.scrollIntoView({ block: "nearest" });
  }
}

function curlFor(address, id) {
  const body = {
    session_id: id,
    segments: [{ text: "Hello from my terminal", speaker: "SPEAKER_0", is_user: true, start: 0, end: 2 }],
  };
  return `curl -X POST '${address}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}'`;
}

customElements.define("omi-link-form", LinkForm);
export { LinkForm };
