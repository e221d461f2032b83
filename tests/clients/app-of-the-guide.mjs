// Runs the App.js of "Build an app", given as CommonJS, and leaves it at every point. A rejection that nobody handles
// ends Node with an error.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const code = readFileSync(process.argv[2], "utf8");

/** The app, started; what is answered to it, and when, is up to the caller. */
function startApp() {
  const done = [];
  const login = Promise.withResolvers();
  const opening = Promise.withResolvers();
  let leave;
  let wake;
  const supplied = {
    configure: () => {},
    apiLogin: () => login.promise,
    onUserLogin: () => (done.push("opened"), opening.promise),
    useState: (initial) => [initial, (value) => done.push(value)],
    useEffect: (effect) => (leave = effect()),
    AppState: { addEventListener: (_, listener) => ((wake = listener), { remove: () => {} }) },
  };
  const module = { exports: {} };
  new Function("require", "module", code)(() => supplied, module);
  module.exports.default();
  const chat = { wake: () => done.push("woken"), close: () => done.push("closed") };
  return {
    done,
    leave,
    wake: () => wake("active"),
    logIn: () => settled(login.resolve({ session_token: "token", user: {} })),
    refuse: () => settled(login.reject(new Error("Wrong password."))),
    open: () => settled(opening.resolve(chat)),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

for (const [steps, expected] of [
  ["wake logIn wake open wake leave", ["opened", "woken", "closed"]],
  ["leave logIn", []],
  ["logIn leave open", ["opened", "closed"]],
  ["refuse wake leave", ["Wrong password."]],
  ["leave refuse", []],
]) {
  const app = startApp();
  for (const step of steps.split(" ")) await app[step]();
  await settled();
  assert.deepEqual(app.done, expected, steps);
}
