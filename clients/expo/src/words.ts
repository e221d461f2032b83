/** Times and causes, in words. */
import type { OmiAccount, Session, UnlinkReason } from "omilink";
import { startOfDay } from "omilink/screens";

/** While something is waited for. */
export const OFFLINE = "No connection to the server. Trying again…";
export const PASSWORD_RULE = "At least 8 characters";
export const PASSWORD_MISSING = "Enter your password.";
export const SAVED_STAYS = "What was saved stays yours.";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const HEADING = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const HEADING_OF_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const UNITS = [
  { below: 60, size: 1, unit: "s" },
  { below: 3600, size: 60, unit: "min" },
  { below: 86_400, size: 3600, unit: "h" },
  { below: Infinity, size: 86_400, unit: "d" },
];

export function clockTime(iso: string): string {
  return CLOCK.format(new Date(iso));
}

export function fullTime(iso: string): string {
  return FULL.format(new Date(iso));
}

/** The time alone when it was today. */
export function dayAndTime(iso: string): string {
  const day = dayOf(new Date(iso));
  return day ? `${day}, ${clockTime(iso)}` : clockTime(iso);
}

export function fullDay(iso: string): string {
  return DAY_OF_YEAR.format(new Date(iso));
}

/** "Today", "Yesterday", "24 November" or "24 November 2025". @param day A midnight, as today is. */
export function dayHeading(day: number, today: number): string {
  const daysAgo = daysBetween(day, today);
  if (daysAgo === 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return (isSameYear(day, today) ? HEADING : HEADING_OF_YEAR).format(day);
}

/** "20 s", "32 min" or "1 h 5 min" */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours && `${hours} h`, rest && `${rest} min`].filter(Boolean).join(" ");
}

/** "3 s ago". The clocks of two machines differ, so what lies ahead counts as now. */
export function ago(time: string | number, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  if (seconds < 2) return "just now";
  const { size, unit } = UNITS.find(({ below }) => seconds < below)!;
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** "9:41" */
export function minutesUntil(time: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((time - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

const SIGNED_OUT: Record<string, string> = {
  signed_out: "You are signed out here: this sign-in was ended.",
  expired: "Your sign-in has expired. Sign in again to go on.",
  account_deleted: "Your account has been deleted.",
};

export function signedOutBecause(reason: string | null): string {
  return SIGNED_OUT[reason ?? ""] ?? "You were signed out. Sign in again to go on.";
}

const UNLINKED: Record<string, string> = {
  unlinked: `It was unlinked. ${SAVED_STAYS}`,
  proof_required: "It showed an OMI account that is not proven to be yours. Prove the account, then link it again.",
  linked_with_proof: `It belongs to somebody else now. ${SAVED_STAYS}`,
  handed_over: `The operator gave the device to somebody else. ${SAVED_STAYS}`,
  device_returned: `The operator took the device back. ${SAVED_STAYS}`,
  device_lost: `The operator declared the device lost. ${SAVED_STAYS}`,
  expired: `It was silent for too long. Link it again when you use it. ${SAVED_STAYS}`,
} satisfies Record<UnlinkReason, string>;

export function unlinkedBecause(reason: string): string {
  return UNLINKED[reason] ?? SAVED_STAYS;
}

const METHODS = {
  uid: "Linked by your OMI account",
  manual: "Linked by hand, with its id",
  issued: "Issued to you",
  personal: "Linked by your own address",
};

/** With the account that links the session, where that is certain. */
export function linkedHow({ method, linkedAt }: Session, account?: OmiAccount): string {
  const how = method ? METHODS[method] : "Linked";
  const proven = account ? `${how}, as ${PROOFS[account.proof]}` : how;
  return linkedAt ? `${proven} (${dayAndTime(linkedAt)})` : proven;
}

/** "last heard 3 s ago · 5 messages" */
export function heardHow({ lastSeenAt, messagesSaved = 0 }: Session, now: number): string {
  const heard = lastSeenAt ? `last heard ${ago(lastSeenAt, now)}` : "not heard yet";
  return messagesSaved > 0 ? `${heard} · ${count(messagesSaved, "message")}` : heard;
}

const PROOFS = {
  spoken: "you said the sentence",
  typed: "you typed the number",
  issued: "the device was issued to you",
  operator: "the operator vouched for it",
};

export function provenHow({ proof, verifiedAt }: OmiAccount): string {
  return `Linked ${verifiedAt ? dayAndTime(verifiedAt) : ""}, as ${PROOFS[proof]}`;
}

const OMI_PROBLEMS: Record<string, string> = {
  wrong_code: "This number is wrong or has expired. Check the phone again, ask for a new number, or say the sentence.",
  not_found: "This link has expired or was cancelled. Start again.",
  invalid: "This cannot be an OMI user id: it has letters and digits and no spaces.",
};

/** What went wrong while an OMI account was being linked. */
export function omiProblem(error: { code?: string; message: string; retryAfter?: number | null }): string {
  if (error.code === "rate_limited") return `Too many tries. Wait ${waitOf(error.retryAfter ?? 60)} and try again.`;
  return OMI_PROBLEMS[error.code ?? ""] ?? error.message;
}

/** "40 seconds" or "15 minutes" */
function waitOf(seconds: number): string {
  return seconds < 90 ? count(seconds, "second") : count(Math.ceil(seconds / 60), "minute");
}

/** "Yesterday", "12 Nov" or "12 Nov 2024"; nothing for today. */
function dayOf(date: Date): string {
  const [day, today] = [startOfDay(date.getTime()), startOfDay(Date.now())];
  const daysAgo = daysBetween(day, today);
  if (daysAgo === 0) return "";
  if (daysAgo === 1) return "Yesterday";
  return (isSameYear(day, today) ? DAY : DAY_OF_YEAR).format(date);
}

/** Days are not all of 24 hours. */
function daysBetween(day: number, later: number): number {
  return Math.round((later - day) / 86_400_000);
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}
