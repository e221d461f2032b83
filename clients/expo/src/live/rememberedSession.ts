import AsyncStorage from "@react-native-async-storage/async-storage";

/** The sessions that this user linked here by their ids. Each user has their own: a phone may change hands. */
const keyOf = (userId: string) => `omilink.session.${userId}`;
const MOST = 20;

/** One after the other, or of two changes at once one would be lost. */
let changed: Promise<unknown> = Promise.resolve();

/** The oldest first. One a line: an id has no white space. */
export async function recallSessions(userId: string): Promise<string[]> {
  return (await AsyncStorage.getItem(keyOf(userId)))?.split("\n") ?? [];
}

export function rememberSession(userId: string, sessionId: string): Promise<void> {
  return change(userId, (others) => [...others, sessionId].slice(-MOST), sessionId);
}

/** What was unlinked must not link itself again at the next sign-in. */
export function forgetSession(userId: string, sessionId: string): Promise<void> {
  return change(userId, (others) => others, sessionId);
}

/** @param to What becomes of those beside this one. */
function change(userId: string, to: (others: string[]) => string[], sessionId: string): Promise<void> {
  const changing = changed.then(async () => {
    const ids = to((await recallSessions(userId)).filter((id) => id !== sessionId));
    if (ids.length > 0) await AsyncStorage.setItem(keyOf(userId), ids.join("\n"));
    else await AsyncStorage.removeItem(keyOf(userId));
  });
  changed = changing.catch(() => {});
  return changing;
}
