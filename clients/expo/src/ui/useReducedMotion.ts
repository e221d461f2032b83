import { useEffect, useState } from "react";
import { AccessibilityInfo } from "react-native";

/** Whether the user has asked the system for less motion. */
export function useReducedMotion(): boolean {
  const [isReduced, setReduced] = useState(false);
  useEffect(() => {
    AccessibilityInfo.isReduceMotionEnabled().then(setReduced);
    const listening = AccessibilityInfo.addEventListener("reduceMotionChanged", setReduced);
    return () => listening.remove();
  }, []);
  return isReduced;
}
