import * as SecureStore from "expo-secure-store";

const KEY = "omilink.token";
/** A token stays on the phone that signed in: it goes into no backup. */
const OPTIONS = { keychainAccessible: SecureStore.WHEN_UNLOCKED_THIS_DEVICE_ONLY };

let held: Promise<string | null> | undefined;

/** The token of the last sign-in, read from the safe storage once. While that cannot be read, nobody is signed out. */
export function readToken(): Promise<string | null> {
  held ??= SecureStore.getItemAsync(KEY, OPTIONS).catch((error) => {
    held = undefined;
    throw error;
  });
  return held;
}

export async function keepToken(token: string): Promise<void> {
  held = Promise.resolve(token);
  await SecureStore.setItemAsync(KEY, token, OPTIONS);
}

export async function dropToken(): Promise<void> {
  held = Promise.resolve(null);
  await SecureStore.deleteItemAsync(KEY, OPTIONS);
}
