/** Times and causes, in words. */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const UNITS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [Infinity, 86_400, "d"],
];

export function clockTime(iso) {
  return CLOCK.format(new Date(iso));
}

export function fullTime(iso) {
  return FULL.format(new Date(iso));
}

/** The time alone when it was today. */
export function dayAndTime(iso) {
  const day = dayOf(iso);
  return day ? `${day}, ${clockTime(iso)}` : clockTime(iso);
}

export function day(iso) {
  return DAY_OF_YEAR.format(new Date(iso));
}

/** "3 s ago". The clocks of two machines differ, so what lies ahead counts as now. */
export function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(time)) / 1000));
  if (seconds < 2) return "just now";
  const [, size, unit] = UNITS.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

const SIGNED_OUT = {
  signed_out: "You are signed out here: this sign-in was ended.",
  expired: "Your sign-in has expired. Sign in again to go on.",
  account_deleted: "Your account has been deleted.",
};

export function signedOutBecause(reason) {
  return SIGNED_OUT[reason] ?? "You were signed out. Sign in again to go on.";
}

const UNLINKED = {
  unlinked: "It was unlinked. What was saved stays yours.",
  proof_required: "It showed an OMI account that is not proven to be yours. Prove the account, then link it again.",
  linked_with_proof: "It belongs to somebody else now. What was saved before stays yours.",
  handed_over: "The operator gave the device to somebody else. What was saved stays yours.",
  device_returned: "The operator took the device back. What was saved stays yours.",
  device_lost: "The operator declared the device lost. What was saved stays yours.",
  expired: "It has been silent for too long. Link it again when you use it; what was saved stays yours.",
};

export function unlinkedBecause(reason) {
  return UNLINKED[reason] ?? "What was saved stays yours.";
}

const METHODS = {
  uid: "Linked by your OMI account",
  manual: "Linked by hand, with its id",
  issued: "Issued to you",
  personal: "Linked by your own address",
};

export function linkedHow({ method, linkedAt }, account) {
  const how = [METHODS[method], method === "uid" && account && PROOFS[account.proof]].filter(Boolean).join(", as ");
  return `${how} (${dayAndTime(linkedAt)})`;
}

const PROOFS = {
  spoken: "you said the sentence",
  typed: "you typed the number",
  issued: "the device was issued to you",
  operator: "the operator vouched for it",
};

export function provenHow({ proof, verifiedAt }) {
  return `Linked ${dayAndTime(verifiedAt)}, as ${PROOFS[proof]}`;
}

/** "last heard 3 s ago · 5 messages" */
export function heardHow({ lastSeenAt, messagesSaved }) {
  const heard = lastSeenAt ? `last heard ${ago(lastSeenAt)}` : "not heard yet";
  return messagesSaved ? `${heard} · ${count(messagesSaved, "message")}` : heard;
}

/** While something is waited for. */
export const OFFLINE = "No connection to the server. Trying again…";

const PROBLEMS = {
  wrong_code:
    "This number is wrong, or no longer good. Look at the phone again, send another one, or say the sentence.",
  not_found: "This is no longer under way. Start again.",
  invalid: "This cannot be an OMI user id: it has letters and digits and no spaces.",
};

/** What went wrong while an OMI account was being linked. */
export function inWords({ code, message, retryAfter }) {
  if (code === "rate_limited") return `Too many tries. Wait ${waitOf(retryAfter)} and try again.`;
  return PROBLEMS[code] ?? message;
}

/** "40 seconds" or "15 minutes" */
function waitOf(seconds) {
  return seconds < 90 ? count(seconds, "second") : count(Math.ceil(seconds / 60), "minute");
}

const BROWSERS = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const SYSTEMS = {
  iPhone: "iPhone",
  iPad: "iPad",
  Android: "Android",
  Windows: "Windows",
  "Mac OS": "macOS",
  Linux: "Linux",
};

/** "Firefox on Windows"; of what is no browser the name that it gives itself. */
export function clientName(client) {
  if (!client) return "An app without a name";
  if (client.startsWith("okhttp/")) return "An Android app";
  const browser = Object.keys(BROWSERS).find((name) => client.includes(`${name}/`));
  const system = Object.keys(SYSTEMS).find((name) => client.includes(name));
  if (browser && system) return `${BROWSERS[browser]} on ${SYSTEMS[system]}`;
  return client.split(/[ /]/)[0];
}

/** "Yesterday", "12 Nov" or "12 Nov 2024"; nothing for today. */
function dayOf(iso) {
  const day = new Date(iso);
  const daysAgo = Math.round((startOfDay(new Date()) - startOfDay(day)) / 86_400_000);
  if (daysAgo === 0) return "";
  if (daysAgo === 1) return "Yesterday";
  return (day.getFullYear() === new Date().getFullYear() ? DAY : DAY_OF_YEAR).format(day);
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
