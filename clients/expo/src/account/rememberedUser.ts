import type { User } from "omilink";

import { storage } from "../storage";

const KEY = "omilink.user";

/** Who was signed in when the server could last be asked: for a start without a connection. */
export async function recallUser(): Promise<User | null> {
  try {
    return JSON.parse((await storage.getItem(KEY)) ?? "null");
  } catch {
    return null;
  }
}

/** Where the storage fails, nobody is remembered. */
export async function rememberUser(user: User): Promise<void> {
  await storage.setItem(KEY, JSON.stringify(user)).catch(() => {});
}

export async function forgetUser(): Promise<void> {
  await storage.removeItem(KEY).catch(() => {});
}
