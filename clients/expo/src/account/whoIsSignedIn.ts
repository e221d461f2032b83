import { OmilinkError, apiMe, type User } from "omilink";
import { Platform } from "react-native";

import { configureClient } from "../client";
import { inTime } from "../patience";
import { messageOf } from "../ui/Notice";
import { signedOutBecause } from "../words";
import { recallUser } from "./rememberedUser";

export type Account =
  | { is: "unknown" }
  | { is: "unreachable"; title: string; reason: string }
  | { is: "signed out"; notice: string }
  | { is: "signed in"; user: User };

const NOT_KEPT =
  "This browser does not keep the sign-in: this page and omilink have to belong to one site. On your own computer say " +
  "localhost in both addresses.";

/**
 * Passes on who is signed in. While the server does not answer, the user who was signed in can read what the client has
 * kept; the server's later answer is passed on too.
 */
export async function tellWhoIsSignedIn(tell: (account: Account) => void): Promise<void> {
  const answer = ask();
  const first = (await inTime(answer)) ?? (await remembered());
  if (first) tell(first);
  tell(await answer);
}

/** Browsers keep a cookie only where the page and the server are of one site. */
export async function checkCookie({ id }: User): Promise<void> {
  if (Platform.OS !== "web") return;
  const kept = await apiMe().catch((error) => !isRefused(error));
  if (!kept || (kept !== true && kept.user.id !== id)) throw new Error(NOT_KEPT);
}

export function isRefused(error: unknown): boolean {
  return error instanceof OmilinkError && error.isSignedOut;
}

async function ask(): Promise<Account> {
  try {
    configureClient();
    const { user } = await apiMe();
    return { is: "signed in", user };
  } catch (error) {
    if (!isRefused(error)) return (await remembered()) ?? unreachable(error);
    const notice = (await recallUser()) ? signedOutBecause(null) : "";
    return { is: "signed out", notice };
  }
}

function unreachable(error: unknown): Account {
  const isAnswered = !(error instanceof OmilinkError) || error.code !== "unreachable";
  return {
    is: "unreachable",
    title: isAnswered ? "Not connected to omilink" : "No connection",
    reason: messageOf(error),
  };
}

async function remembered(): Promise<Account | null> {
  const user = await recallUser();
  return user && { is: "signed in", user };
}
