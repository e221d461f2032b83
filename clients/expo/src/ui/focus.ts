/** Where a browser's keyboard and screen reader go on. On a phone the focus is the screen reader's own affair. */
import type { RefObject } from "react";
import { Platform } from "react-native";

type Focusable = RefObject<{ focus: () => void } | null>;

/** The screen's name takes the focus, so that a screen reader says where one is. */
export function focusHeading(): void {
  if (Platform.OS === "web") document.querySelector("h1")?.focus({ preventScroll: true });
}

export function takeFocus(what: Focusable): void {
  if (Platform.OS === "web") what.current?.focus();
}

/** If what had the focus has gone, the next one takes it over. */
export function focusWhenLost(next: Focusable): void {
  if (Platform.OS === "web" && document.activeElement === document.body) next.current?.focus();
}
