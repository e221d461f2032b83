import type { Message } from "omilink";
import { useCallback, useImperativeHandle, useMemo, useRef, type Ref } from "react";
import { FlatList } from "react-native";

import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { MessageRow } from "./MessageRow";
import { follows } from "./speakers";

export type ScrollerHandle = { toEnd: () => void };

export type ScrollerProps = {
  ref?: Ref<ScrollerHandle>;
  /** In spoken order. */
  messages: readonly Message[];
  /** Written above the first one. */
  top: string;
  isStale: boolean;
  onEndChange: (isAtEnd: boolean) => void;
  onNeedOlder: () => void;
};

/** This close to the end, the reader follows what is being said. */
const END = 80;

/**
 * The newest words at the lower edge, the others above. Whoever has scrolled up keeps what they read in its place. Only
 * what is near is drawn, so ten thousand messages cost no more than fifty.
 */
export function MessageScroller({ ref, messages, top, isStale, onEndChange, onNeedOlder }: ScrollerProps) {
  const styles = useStyles();
  const list = useRef<FlatList<Message>>(null);
  const newestFirst = useMemo(() => [...messages].reverse(), [messages]);
  useImperativeHandle(ref, () => ({ toEnd: () => list.current?.scrollToOffset({ offset: 0, animated: true }) }), []);

  const renderMessage = useCallback(
    ({ item, index }: { item: Message; index: number }) => (
      <MessageRow message={item} isFollowing={follows(newestFirst[index + 1], item)} />
    ),
    [newestFirst],
  );

  return (
    <FlatList
      ref={list}
      inverted
      aria-label="What is said"
      data={newestFirst}
      keyExtractor={({ id }) => id}
      renderItem={renderMessage}
      maintainVisibleContentPosition={{ minIndexForVisible: 0, autoscrollToTopThreshold: END }}
      onScroll={({ nativeEvent }) => onEndChange(nativeEvent.contentOffset.y < END)}
      scrollEventThrottle={32}
      onEndReached={onNeedOlder}
      onEndReachedThreshold={1.5}
      initialNumToRender={20}
      ListFooterComponent={<Text style={styles.top}>{top}</Text>}
      style={isStale && styles.stale}
      contentContainerStyle={styles.content}
    />
  );
}

const useStyles = themed(({ quiet }) => ({
  stale: { opacity: 0.78 },
  content: { paddingVertical: 20 },
  top: { color: quiet, fontSize: 13.5, lineHeight: 20, textAlign: "center", paddingVertical: 8 },
}));
