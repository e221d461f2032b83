import type { Message } from "omilink";
import { createContext } from "react";

/** Opens what can be done with a message; null where nothing can. */
export const MessageActions = createContext<((message: Message) => void) | null>(null);
