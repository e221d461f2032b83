import AsyncStorage from "@react-native-async-storage/async-storage";

/** The session that this user linked here by its id. Each user has their own: a phone may change hands. */
const keyOf = (userId: string) => `omilink.session.${userId}`;

export function recallSession(userId: string): Promise<string | null> {
  return AsyncStorage.getItem(keyOf(userId));
}

export function rememberSession(userId: string, sessionId: string): Promise<void> {
  return AsyncStorage.setItem(keyOf(userId), sessionId);
}

/** Forgets it, if it is this one: what was unlinked must not link itself again at the next sign-in. */
export async function forgetSession(userId: string, sessionId: string): Promise<void> {
  if ((await recallSession(userId)) === sessionId) await AsyncStorage.removeItem(keyOf(userId));
}
