/** The sentences that the user does not want to see any more. A browser's tab remembers them when it is loaded again. */
const KEY = "omilink.dismissed";

const dismissed = recall();

export function isDismissed(say: string): boolean {
  return dismissed.has(say);
}

export function dismiss(sentences: readonly string[]): void {
  for (const say of sentences) dismissed.add(say);
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...dismissed]));
  } catch {
    // A phone has no such storage, and a browser may forbid it: the app itself remembers them until it ends.
  }
}

function recall(): Set<string> {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Set();
  }
}
