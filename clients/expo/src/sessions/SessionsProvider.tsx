import { apiListOmiLinks, apiListSessions, type Session } from "omilink";
import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from "react";
import { AppState } from "react-native";

import { messageOf } from "../ui/Notice";

type OmiLinks = Awaited<ReturnType<typeof apiListOmiLinks>>;

/** Undefined until the server has answered; the problem is why it last did not. */
type Known = { sessions?: Session[]; omi?: OmiLinks; problem?: string };

type Sessions = Known & {
  /** Asks again how the user's sessions and OMI accounts are. */
  refresh: () => Promise<void>;
  /** OMI accounts of which the user does not want what was heard before. */
  leftOut: ReadonlySet<string>;
  leaveOut: (omiUserId: string, isLeftOut: boolean) => void;
};

const REFRESH_EVERY = 15_000;

const Context = createContext<Sessions>({ refresh: async () => {}, leftOut: new Set(), leaveOut: () => {} });
export const useSessions = () => useContext(Context);

export function SessionsProvider({ children }: { children: ReactNode }) {
  const [known, setKnown] = useState<Known>({});
  const [leftOut, setLeftOut] = useState<ReadonlySet<string>>(new Set());
  const counts = useRef({ asked: 0, answered: 0 });

  const refresh = useCallback(async () => {
    const number = (counts.current.asked += 1);
    const answer = await ask();
    if (number < counts.current.answered) return; // a newer answer overtook this one
    if (!answer.problem) counts.current.answered = number; // else an older one may still have more
    setKnown((before) => ({ ...before, ...answer }));
  }, []);

  useEffect(() => {
    refresh();
    const timer = setInterval(() => AppState.currentState === "active" && refresh(), REFRESH_EVERY);
    const watching = AppState.addEventListener("change", (state) => {
      if (state === "active") refresh();
    });
    return () => {
      clearInterval(timer);
      watching.remove();
    };
  }, [refresh]);

  function leaveOut(omiUserId: string, isLeftOut: boolean) {
    const others = [...leftOut].filter((id) => id !== omiUserId);
    setLeftOut(new Set(isLeftOut ? [...others, omiUserId] : others));
  }

  return <Context value={{ ...known, refresh, leftOut, leaveOut }}>{children}</Context>;
}

/** What the server answers; of what it does not, only why. */
async function ask(): Promise<Known> {
  const [sessions, omi] = await Promise.allSettled([apiListSessions(), apiListOmiLinks()]);
  const failed = [sessions, omi].find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  return {
    ...(sessions.status === "fulfilled" && { sessions: sessions.value }),
    ...(omi.status === "fulfilled" && { omi: omi.value }),
    problem: failed && messageOf(failed.reason),
  };
}
