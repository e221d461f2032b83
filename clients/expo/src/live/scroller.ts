/** What the list of messages promises, in browsers and on phones. */
import type { Message } from "omilink";
import type { ReactElement, Ref } from "react";

export type ScrollerHandle = { toEnd: () => void };

export type ScrollerProps = {
  ref?: Ref<ScrollerHandle>;
  /** In spoken order. */
  messages: readonly Message[];
  /** The id of the message to begin at, which has the focus, instead of the newest. It is among them. */
  at?: string;
  /** Stands above the first one. */
  top: ReactElement;
  isStale: boolean;
  onEndChange: (isAtEnd: boolean) => void;
  onNeedOlder: () => void;
  /** Left out when the newest one is among them. */
  onNeedNewer?: () => void;
};

/** This close to the end, the reader follows what is being said. */
export const END = 80;
export const STALE = { opacity: 0.78 };
