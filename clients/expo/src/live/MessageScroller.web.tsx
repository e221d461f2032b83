import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
} from "react";

import { Chunk } from "./Chunk.web";
import { useChunks } from "./chunks";
import { FOUND } from "./MessageRow";
import { END, STALE, type ScrollerProps } from "./scroller";

/** This close to the first or the last one held, more messages are fetched. */
const CLOSE = 1_500;

type Place = { element: Element; top: number } | null;

/**
 * As on a phone, made for browsers: the words stand in the document in spoken order, which is what a screen reader
 * reads and the keyboard scrolls. React Native's inverted list has them backwards there.
 */
export function MessageScroller({
  ref,
  messages,
  at,
  top,
  isStale,
  onEndChange,
  onNeedOlder,
  onNeedNewer,
}: ScrollerProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(at === undefined);
  const place = useRef<Place>(null);
  const chunks = useChunks(messages);
  const [opened] = useState({ oldest: chunks[0]?.key ?? 0, near: chunks.at(-2)?.key ?? 0 });

  useImperativeHandle(
    ref,
    () => ({
      toEnd() {
        const log = scroller.current!;
        isAtEnd.current = true;
        log.scrollTop = log.scrollHeight;
        log.focus({ preventScroll: true });
      },
    }),
    [],
  );

  /** After the content has changed: the end stays in sight, or what is read stays where it is. */
  const settle = useCallback(() => {
    const log = scroller.current;
    if (!log) return; // its first chunks are there before it is
    if (isAtEnd.current) log.scrollTop = log.scrollHeight;
    else if (place.current?.element.isConnected)
      log.scrollTop += place.current.element.getBoundingClientRect().top - place.current.top;
    place.current = placeIn(log);
  }, []);

  useLayoutEffect(() => {
    if (at) place.current = placeOfFound(scroller.current!);
  }, [at]);

  useLayoutEffect(settle, [chunks, settle]);

  useEffect(() => {
    const observer = new ResizeObserver(settle);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, [settle]);

  const needMore = useRef(() => {});
  useEffect(() => {
    needMore.current = () => {
      const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
      if (scrollTop < CLOSE) onNeedOlder();
      if (scrollHeight - scrollTop - clientHeight < CLOSE) onNeedNewer?.();
    };
  });
  useEffect(() => needMore.current(), [chunks]);

  function scrolled() {
    const log = scroller.current!;
    isAtEnd.current = !onNeedNewer && log.scrollHeight - log.scrollTop - log.clientHeight < END;
    place.current = placeIn(log);
    onEndChange(isAtEnd.current);
    needMore.current();
  }

  return (
    <div
      ref={scroller}
      role="log"
      aria-live="off" // what is new is announced; what comes back into sight is not
      aria-label="What is said"
      tabIndex={0}
      onScroll={scrolled}
      style={{ ...SCROLLER, ...(isStale && STALE) }}
    >
      {top}
      {chunks.map(({ key, before, messages }) => (
        <Chunk
          key={key}
          scroller={scroller}
          before={before}
          messages={messages}
          at={messages.some(({ id }) => id === at) ? at : undefined}
          startsNear={!(key >= opened.oldest && key < opened.near)} // of those held before, only the newest
          onResize={settle}
        />
      ))}
    </div>
  );
}

/** Gives the message that was looked for the focus, and a place in sight. */
function placeOfFound(log: HTMLElement): Place {
  const element = document.getElementById(FOUND);
  element?.focus({ preventScroll: true });
  return element && { element, top: log.getBoundingClientRect().top + log.clientHeight / 3 };
}

/** The first message in sight and where it is. */
function placeIn(log: HTMLElement): Place {
  const { top } = log.getBoundingClientRect();
  const rows = log.querySelectorAll("[role=article]");
  for (const element of rows) {
    const box = element.getBoundingClientRect();
    if (box.bottom > top) return { element, top: box.top };
  }
  return null;
}

const SCROLLER: CSSProperties = {
  flex: 1,
  minHeight: 0,
  padding: "20px 0",
  overflowY: "auto",
  overflowAnchor: "none", // Safari has no anchoring, so `settle` does it everywhere
  overscrollBehavior: "contain",
  outlineOffset: -3, // outside it would be cut off
};
