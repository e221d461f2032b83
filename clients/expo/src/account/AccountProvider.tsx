import { OmilinkError, apiLogin, apiLogout, apiMe, apiRegister, type User } from "omilink";
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";

import { configureClient } from "../client";
import { messageOf } from "../ui/Notice";
import { forgetUser, recallUser, rememberUser } from "./rememberedUser";
import { dropToken, keepToken, readToken } from "./token";

export type Credentials = { email: string; password: string; displayName?: string };

type Account =
  | { is: "unknown" }
  | { is: "unreachable"; reason: string }
  | { is: "signed out"; notice: string }
  | { is: "signed in"; user: User };

type Accounts = {
  account: Account;
  /** Finds out again who is signed in. */
  begin: () => Promise<void>;
  signIn: (credentials: Credentials) => Promise<void>;
  signUp: (credentials: Credentials) => Promise<void>;
  signOut: () => Promise<void>;
  /** Goes to the sign-in screen, which says why. */
  leave: (notice: string) => Promise<void>;
};

const Context = createContext<Accounts | null>(null);
export const useAccount = () => useContext(Context)!;

export function AccountProvider({ children }: { children: ReactNode }) {
  const [account, setAccount] = useState<Account>({ is: "unknown" });

  const begin = useCallback(async () => {
    setAccount({ is: "unknown" });
    setAccount(await whoIsSignedIn());
  }, []);

  useEffect(() => {
    whoIsSignedIn().then(setAccount);
  }, []);

  const enter = useCallback(async ({ session_token, user }: Awaited<ReturnType<typeof apiLogin>>) => {
    setAccount({ is: "signed in", user });
    await Promise.allSettled([keepToken(session_token), rememberUser(user)]);
  }, []);

  const leave = useCallback(async (notice: string) => {
    setAccount({ is: "signed out", notice });
    await Promise.allSettled([dropToken(), forgetUser()]);
  }, []);

  const value: Accounts = {
    account,
    begin,
    signIn: async (credentials) => enter(await apiLogin(credentials)),
    signUp: async (credentials) => enter(await apiRegister(credentials)),
    signOut: async () => {
      try {
        await apiLogout();
      } catch (error) {
        const token = await readToken().catch(() => undefined);
        const isCookie = token === null; // which only the server can end
        if (isCookie && !isRefused(error)) {
          begin();
          throw error;
        }
      }
      await leave("You signed out.");
    },
    leave,
  };
  return <Context value={value}>{children}</Context>;
}

async function whoIsSignedIn(): Promise<Account> {
  try {
    configureClient();
    const { user } = await apiMe();
    await rememberUser(user);
    return { is: "signed in", user };
  } catch (error) {
    return isRefused(error) ? signedOut() : withoutServer(messageOf(error));
  }
}

async function signedOut(): Promise<Account> {
  const wasSignedIn = await recallUser();
  await Promise.allSettled([dropToken(), forgetUser()]);
  return { is: "signed out", notice: wasSignedIn ? "You were signed out. Sign in again to go on." : "" };
}

/** Whoever was signed in reads on in what the client has kept. */
async function withoutServer(reason: string): Promise<Account> {
  const user = await recallUser();
  return user ? { is: "signed in", user } : { is: "unreachable", reason };
}

function isRefused(error: unknown): boolean {
  return error instanceof OmilinkError && error.status === 401;
}
