import { startOfDay } from "omilink/screens";
import { useEffect, useState } from "react";

/** The time in milliseconds, updated every second: for texts with an age. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** The midnight with which today began, anew when the day is over. */
export function useToday(): number {
  const [today, setToday] = useState(() => startOfDay(Date.now()));
  useEffect(() => {
    const timer = setInterval(() => setToday(startOfDay(Date.now())), 10_000);
    return () => clearInterval(timer);
  }, []);
  return today;
}
