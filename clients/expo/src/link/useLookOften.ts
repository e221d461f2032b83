import { useEffect } from "react";
import { AppState } from "react-native";

import { useSessions } from "../sessions/SessionsProvider";

const LOOK_EVERY = 3_000;

/** While somebody waits for their wearable, asks more often than otherwise whether it has called. */
export function useLookOften(isWaiting: boolean): void {
  const { refresh } = useSessions();
  useEffect(() => {
    if (!isWaiting) return;
    refresh();
    const timer = setInterval(() => AppState.currentState === "active" && refresh(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [isWaiting, refresh]);
}
