import { h, setText, whileBusy } from "./dom.js";

const MODES = {
  "sign-in": {
    title: "Sign in",
    doing: "Signing in…",
    other: "sign-up",
    question: "New here?",
    answer: "Create an account",
    send: (client, account) => client.login(account),
  },
  "sign-up": {
    title: "Create an account",
    doing: "Creating your account…",
    other: "sign-in",
    question: "You have an account?",
    answer: "Sign in",
    send: (client, account) => client.register(account),
  },
};

export const PASSWORD_RULE = "At least 8 characters";

/** Signing in and signing up. Tells with a `signed-in` event who came in. */
class SignIn extends HTMLElement {
  /** `notice` says why somebody who was signed in sees this. */
  constructor(client, notice) {
    super();
    this.client = client;
    this.show("sign-in", notice);
  }

  show(mode, notice = "") {
    const words = MODES[mode];
    this.mode = mode;
    this.problem = h("p", { class: "problem", role: "alert", id: "sign-in-problem" });
    this.button = h("button", { class: "primary", type: "submit" }, words.title);
    this.email = field("email", "Email address", { type: "email", autocomplete: "username", required: true });
    this.password =
      mode === "sign-in"
        ? field("password", "Password", { type: "password", autocomplete: "current-password", required: true })
        : field(
            "password",
            "Password",
            { type: "password", autocomplete: "new-password", required: true },
            PASSWORD_RULE,
          );
    this.displayName = field("name", "Your name (optional)", { type: "text", autocomplete: "name" });
    const other = h("button", { class: "link", type: "button", click: () => this.switchTo(words.other) }, words.answer);
    this.replaceChildren(
      h(
        "main",
        { class: "card", id: "main" },
        h(
          "div",
          { class: "brand" },
          h("img", { src: "page/icon.svg", alt: "", width: "44", height: "44" }),
          h("span", {}, "omilink"),
        ),
        h("h1", { tabindex: "-1" }, words.title),
        h("p", { class: "quiet" }, notice || "What your wearable hears, as it is said."),
        h(
          "form",
          { submit: (event) => this.submit(event), novalidate: true },
          this.problem,
          mode === "sign-up" && this.displayName,
          this.email,
          this.password,
          this.button,
        ),
        h("p", { class: "switch" }, words.question, " ", other),
      ),
    );
  }

  switchTo(mode) {
    const email = this.email.input.value;
    this.show(mode);
    this.email.input.value = email;
    this.querySelector("h1").focus();
  }

  submit(event) {
    event.preventDefault();
    whileBusy(this.button, MODES[this.mode].doing, () => this.send());
  }

  async send() {
    const account = {
      email: this.email.input.value.trim(),
      password: this.password.input.value,
      displayName: this.displayName.input.value.trim() || undefined,
    };
    try {
      checkFilled(account);
      const { user } = await MODES[this.mode].send(this.client, account);
      this.dispatchEvent(new CustomEvent("signed-in", { detail: user }));
    } catch (error) {
      setText(this.problem, error.message);
      (isAboutEmail(error, account) ? this.email : this.password).input.focus();
    }
  }
}

function checkFilled({ email, password }) {
  if (!email) throw new Error("Enter your email address.");
  if (!password) throw new Error("Enter your password.");
}

/** The server's code alone does not tell which field is meant. */
function isAboutEmail({ code, message }, { email }) {
  return !email || code === "email_taken" || (code === "invalid" && message.includes("email"));
}

/** An input with its label, and the rule for what is typed, if there is one. */
export function field(name, label, attributes, rule) {
  const input = h("input", { id: name, name, "aria-describedby": "sign-in-problem", ...attributes });
  if (rule) input.setAttribute("aria-describedby", `${name}-rule ${input.getAttribute("aria-describedby")}`);
  const told = rule && h("p", { class: "quiet", id: `${name}-rule` }, rule);
  return Object.assign(h("div", { class: "field" }, h("label", { for: name }, label), input, told), { input });
}

customElements.define("omi-sign-in", SignIn);
export { SignIn };
