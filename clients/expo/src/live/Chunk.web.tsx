import type { Message } from "omilink";
import { spokenAt } from "omilink/screens";
import { memo, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

import { fullTime } from "../words";
import { MessageRow } from "./MessageRow";

/** This far from what is in sight, messages are drawn already. */
const NEAR = "1500px 0px";
/** How high a message is, roughly, before it was ever drawn. */
const ROW_HEIGHT = 64;

type Props = {
  scroller: RefObject<HTMLElement | null>;
  before?: Message;
  messages: readonly Message[];
  /** The one that was looked for, if it is among them: then they are drawn in any case. */
  at?: string;
  startsNear: boolean;
  onResize: () => void;
};

/** Some messages in a row: drawn while they are near, an empty space of their height while they are not. */
export const Chunk = memo(function Chunk({ scroller, before, messages, at, startsNear, onResize }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(startsNear);
  const [height, setHeight] = useState(messages.length * ROW_HEIGHT);

  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        const { isIntersecting, boundingClientRect } = entries.at(-1)!; // a busy browser reports several at once
        if (!isIntersecting) setHeight(boundingClientRect.height);
        setNear(isIntersecting);
      },
      { root: scroller.current, rootMargin: NEAR },
    );
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [scroller]);

  useLayoutEffect(onResize, [isNear, onResize]);

  if (!isNear && !at) return <div ref={element} style={{ height }} />;
  return (
    <div ref={element}>
      {messages.map((message, index) => (
        <div key={message.id} title={fullTime(spokenAt(message))}>
          <MessageRow message={message} before={messages[index - 1] ?? before} isFound={message.id === at} />
        </div>
      ))}
    </div>
  );
}, isSame);

function isSame(a: Props, b: Props): boolean {
  return (
    a.before === b.before &&
    a.at === b.at &&
    a.messages.length === b.messages.length &&
    a.messages.every((message, index) => message === b.messages[index])
  );
}
