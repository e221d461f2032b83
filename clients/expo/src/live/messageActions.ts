import { EMPTY_VIEW, type Message, type View } from "omilink";
import { createContext } from "react";

/** What is opened of a message: what can be done with it, or who speaks. */
export type Opened = { message: Message; what: "message" | "speaker" };

/** Opens it; null where nothing can be done. */
export const MessageActions = createContext<((opened: Opened) => void) | null>(null);

/** The names of people, which change seldom: a message is drawn anew only then. */
export const People = createContext<View>(EMPTY_VIEW);
