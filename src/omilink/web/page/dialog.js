import { h, setText, whileBusy } from "./dom.js";

/** Asks before something that cannot be taken back. Resolves to whether it shall happen. */
export async function confirmed({ title, consequence, action }) {
  return "yes" === (await chosen({ title, consequences: [consequence], actions: { yes: action } }));
}

/** Says the consequences first. Resolves to the name of the chosen action, "" for none; the last one is the gravest. */
export function chosen({ title, consequences, actions }) {
  const buttons = Object.entries(actions).map(([value, label]) => h("button", { value }, label));
  buttons.at(-1).classList.add("danger");
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      h("div", { id: "dialog-text" }, ...consequences.map((consequence) => h("p", {}, consequence))),
      h("div", { class: "actions" }, h("button", { value: "" }, "Cancel"), buttons),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/**
 * Asks for the password before something that cannot be taken back, and does it; what goes wrong is said in the dialog.
 * Resolves to whether it was done.
 */
export function confirmedWithPassword({ title, consequences, action, doing, task }) {
  const problem = h("p", { class: "problem", role: "alert", id: "dialog-problem" });
  const password = h("input", {
    id: "dialog-password",
    type: "password",
    autocomplete: "current-password",
    "aria-describedby": "dialog-problem",
  });
  const button = h("button", { class: "danger", type: "submit" }, action);
  const dialog = h(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    h(
      "form",
      { submit: (event) => submit(event), novalidate: true },
      h("h2", { id: "dialog-title" }, title),
      h("ul", { id: "dialog-text" }, ...consequences.map((consequence) => h("li", {}, consequence))),
      h("label", { for: "dialog-password" }, "Your password"),
      password,
      problem,
      h("div", { class: "actions" }, h("button", { type: "button", click: () => dialog.close() }, "Cancel"), button),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  password.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "done");
    });
  });

  function submit(event) {
    event.preventDefault();
    whileBusy(button, doing, async () => {
      setText(problem, "");
      try {
        if (!password.value) throw new Error("Enter your password.");
        await task(password.value);
        dialog.close("done");
      } catch (error) {
        setText(problem, error.message);
        password.select();
      }
    });
  }
}
