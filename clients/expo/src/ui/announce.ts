import { AccessibilityInfo } from "react-native";

/** Has a screen reader say something that happened. */
export function announce(text: string): void {
  AccessibilityInfo.announceForAccessibilityWithOptions(text, { queue: true });
}

/** Reads out what a live region shows, which browsers do by themselves. */
export const readOut = announce;

/** Only browsers keep what was said. */
export function silence(): void {}
