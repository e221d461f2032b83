import { apiListOmiLinks, apiListSessions, type Session } from "omilink";
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";
import { AppState } from "react-native";

type OmiLinks = Awaited<ReturnType<typeof apiListOmiLinks>>;

/** Undefined until the server has answered. */
type Known = { sessions?: Session[]; omi?: OmiLinks };

type Sessions = Known & {
  /** Asks again how the user's sessions and OMI accounts are. */
  refresh: () => Promise<void>;
};

const REFRESH_EVERY = 15_000;

const Context = createContext<Sessions>({ refresh: async () => {} });
export const useSessions = () => useContext(Context);

export function SessionsProvider({ children }: { children: ReactNode }) {
  const [known, setKnown] = useState<Known>({});
  // Of a failure the connection line tells already, and the next refresh makes good.
  const refresh = useCallback(() => ask().then(setKnown, () => {}), []);

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

  return <Context value={{ ...known, refresh }}>{children}</Context>;
}

async function ask(): Promise<Known> {
  const [sessions, omi] = await Promise.all([apiListSessions(), apiListOmiLinks()]);
  return { sessions, omi };
}
