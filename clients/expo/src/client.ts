import { getRandomValues } from "expo-crypto";
import { fetch } from "expo/fetch";
import { configure } from "omilink";
import { Platform } from "react-native";

import { readToken } from "./account/token";
import { serverAddress } from "./server";
import { storage } from "./storage";

/** Gives omilink's client what this platform has: a fetch that streams, a safe place for the token, randomness. */
export function configureClient(): void {
  globalThis.crypto ??= { getRandomValues } as Crypto;
  configure({
    baseUrl: serverAddress(),
    fetch: fetch as typeof globalThis.fetch,
    getToken: Platform.OS === "web" ? undefined : readToken,
    storage,
  });
}
