import { h, setText } from "./dom.js";

/** A button that copies a text and says that it did. Without https there is no clipboard: then it selects the text. */
export function createCopyButton({ copied, select, ...attributes }) {
  const button = h("button", { type: "button", ...attributes, click: copy }, "Copy");
  const status = h("span", { class: "unseen", role: "status" });
  return [button, status];

  async function copy() {
    try {
      await navigator.clipboard.writeText(copied());
    } catch {
      return select();
    }
    setText(button, "Copied");
    setText(status, "Copied");
    setTimeout(() => [setText(button, "Copy"), setText(status, "")], 2_000);
  }
}
