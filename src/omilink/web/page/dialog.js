import { h } from "./dom.js";

/** Asks before something that cannot be taken back. Resolves to whether it shall happen. */
export function confirmed({ title, consequence, action }) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-text" }, consequence),
      h(
        "div",
        { class: "actions" },
        h("button", { value: "no" }, "Cancel"),
        h("button", { value: "yes", class: "danger" }, action),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
