import { apiGetConversation, type Conversation } from "omilink";
import { useCallback, useState } from "react";

import { isCaughtUp, useLive } from "./LiveProvider";
import { useRetried } from "./useRetried";

/** A conversation that may be none of those in the list. Undefined until it is known. */
export function useConversation(id: string): Conversation | undefined {
  const { view, state } = useLive();
  const [fetched, setFetched] = useState<Conversation>();
  const held = view.chats[id]?.conversation;
  const load = useCallback(() => apiGetConversation(id).then(setFetched), [id]);
  useRetried(load, !held && !fetched && isCaughtUp(state));
  return held ?? fetched;
}
