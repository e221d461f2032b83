/** What a browser's tab is called: "(3) Live · omilink". */
import { useEffect } from "react";
import { Platform } from "react-native";

import { focusHeading } from "./focus";

let screen: string | undefined;
let unread = 0;

/** Names the screen that is shown. Whoever comes from another one finds the focus at its heading. */
export function useScreenName(name: string): void {
  useEffect(() => {
    const before = screen;
    screen = name;
    entitle();
    if (before !== undefined && before !== name) focusHeading();
  }, [name]);
}

/** How many messages came while nobody looked. */
export function countUnread(number: number): void {
  unread = number;
  entitle();
}

function entitle(): void {
  if (Platform.OS === "web") document.title = `${unread > 0 ? `(${unread}) ` : ""}${screen} · omilink`;
}
