import AsyncStorage from "@react-native-async-storage/async-storage";
import type { User } from "omilink";

const KEY = "omilink.user";

/** Who was signed in when the server could last be asked: for a start without a connection. */
export async function recallUser(): Promise<User | null> {
  return JSON.parse((await AsyncStorage.getItem(KEY)) ?? "null");
}

export function rememberUser(user: User): Promise<void> {
  return AsyncStorage.setItem(KEY, JSON.stringify(user));
}

export function forgetUser(): Promise<void> {
  return AsyncStorage.removeItem(KEY);
}
