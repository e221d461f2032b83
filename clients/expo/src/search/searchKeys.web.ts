import { useEffect } from "react";

import { useNavigation } from "../Navigation";

export const SEARCH_BOX = "search-box";

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
export const SEARCH_KEYS = isMac ? "⌘K" : "Ctrl K";

/** A slash, Ctrl-K and Cmd-K lead to the search box from everywhere but a dialog. */
export function useSearchKeys(): void {
  const { go } = useNavigation();
  useEffect(() => {
    function pressed(event: KeyboardEvent) {
      if (!isForSearch(event) || document.querySelector("[aria-modal=true]")) return;
      event.preventDefault();
      const box = document.getElementById(SEARCH_BOX);
      if (box instanceof HTMLInputElement) box.select();
      else go({ screen: "search" });
    }
    addEventListener("keydown", pressed, true); // fields let no key through
    return () => removeEventListener("keydown", pressed, true);
  }, [go]);
}

function isForSearch({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (altKey) return false;
  if (ctrlKey || metaKey) return key.toLowerCase() === "k";
  return key === "/" && !isTypedInto(target);
}

function isTypedInto(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
