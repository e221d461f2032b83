import type { Message } from "omilink";
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { FlatList } from "react-native";

import { MessageRow } from "./MessageRow";
import { END, STALE, type ScrollerProps } from "./scroller";

/**
 * The newest words at the lower edge, the others above. Whoever has scrolled up keeps what they read in its place. Only
 * what is near is drawn, so ten thousand messages cost no more than fifty.
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
  const list = useRef<FlatList<Message>>(null);
  const newestFirst = useMemo(() => [...messages].reverse(), [messages]);
  useImperativeHandle(ref, () => ({ toEnd: () => list.current?.scrollToOffset({ offset: 0, animated: true }) }), []);

  useEffect(() => {
    const index = newestFirst.findIndex(({ id }) => id === at);
    if (index !== -1) list.current?.scrollToIndex({ index, viewPosition: 0.5, animated: false });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, [at]);

  const renderMessage = useCallback(
    ({ item, index }: { item: Message; index: number }) => (
      <MessageRow message={item} before={newestFirst[index + 1]} isFound={item.id === at} />
    ),
    [newestFirst, at],
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
      onScroll={({ nativeEvent }) => onEndChange(!onNeedNewer && nativeEvent.contentOffset.y < END)}
      scrollEventThrottle={32}
      onScrollToIndexFailed={({ index, averageItemLength }) => {
        list.current?.scrollToOffset({ offset: index * averageItemLength, animated: false });
        setTimeout(() => list.current?.scrollToIndex({ index, viewPosition: 0.5 }), 100); // when it is drawn
      }}
      onEndReached={onNeedOlder}
      onEndReachedThreshold={1.5}
      onStartReached={onNeedNewer}
      onStartReachedThreshold={1.5}
      initialNumToRender={20}
      ListFooterComponent={top}
      style={isStale && STALE}
      contentContainerStyle={{ paddingVertical: 20 }}
    />
  );
}
