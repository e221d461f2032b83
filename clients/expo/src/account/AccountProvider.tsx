import { apiLogin, apiLogout, apiRegister } from "omilink";
import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from "react";

import { inTime } from "../patience";
import { silence } from "../ui/announce";
import { forgetUser, rememberUser } from "./rememberedUser";
import { dropToken, keepToken, readToken } from "./token";
import { checkCookie, isRefused, tellWhoIsSignedIn, type Account } from "./whoIsSignedIn";

export type Credentials = { email: string; password: string; displayName?: string };

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
  const turns = useRef(0);

  /** Whoever came or went since the question was asked counts, and not the answer. */
  const ask = useCallback(async () => {
    const turn = (turns.current += 1);
    await tellWhoIsSignedIn((next) => {
      if (turns.current !== turn) return;
      setAccount((now) => (isSameUser(now, next) ? now : next)); // or their chat would begin anew
      if (next.is === "signed in") rememberUser(next.user);
      if (next.is === "signed out") forget();
    });
  }, []);

  useEffect(() => {
    ask();
  }, [ask]);

  const begin = useCallback(() => {
    setAccount({ is: "unknown" });
    return ask();
  }, [ask]);

  const enter = useCallback(async ({ session_token, user }: Awaited<ReturnType<typeof apiLogin>>) => {
    await checkCookie(user);
    turns.current += 1;
    setAccount({ is: "signed in", user });
    await Promise.allSettled([keepToken(session_token), rememberUser(user)]);
  }, []);

  const leave = useCallback(async (notice: string) => {
    turns.current += 1;
    setAccount({ is: "signed out", notice });
    await forget();
  }, []);

  const value: Accounts = {
    account,
    begin,
    signIn: async (credentials) => enter(await apiLogin(credentials)),
    signUp: async (credentials) => enter(await apiRegister(credentials)),
    signOut: async () => {
      const token = await readToken().catch(() => undefined);
      const isEnded = apiLogout();
      if (token === null)
        await isEnded.catch(stayUnlessRefused); // only the server can end a cookie
      else await inTime(isEnded.catch(() => {})); // without its token, nobody is signed in on this phone
      await leave("You signed out.");
    },
    leave,
  };
  return <Context value={value}>{children}</Context>;

  function stayUnlessRefused(error: unknown): void {
    if (isRefused(error)) return;
    begin();
    throw error;
  }
}

function isSameUser(a: Account, b: Account): boolean {
  return a.is === "signed in" && b.is === "signed in" && a.user.id === b.user.id;
}

async function forget(): Promise<void> {
  silence();
  await Promise.allSettled([dropToken(), forgetUser()]);
}
