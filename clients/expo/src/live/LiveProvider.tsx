import {
  EMPTY_VIEW,
  type Chat,
  type LiveEvent,
  type StreamState,
  type StreamStatus,
  type User,
  type View,
} from "omilink";
import { isWaiting } from "omilink/screens";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { AppState } from "react-native";

import { useAccount } from "../account/AccountProvider";
import { useNavigation } from "../Navigation";
import { useSessions } from "../sessions/SessionsProvider";
import { useNotices } from "../ui/Notice";
import { countUnread } from "../ui/tab";
import { signedOutBecause, unlinkedBecause } from "../words";
import { People } from "./messageActions";
import { onUserLogin } from "./onUserLogin";
import { forgetSession } from "./rememberedSession";

/** The live chat as it is now, and when it was left to be connected anew. */
export type Live = {
  user: User;
  chat: Chat;
  view: View;
  state: StreamState;
  status: StreamStatus;
  leftAt: number;
  /** Hears every event until the answer is called. */
  listen: (listener: Listener) => () => void;
};
type Listener = (event: LiveEvent) => void;

const Context = createContext<Live | null>(null);
export const useLive = () => useContext(Context)!;
export const useIsOffline = () => useContext(Context)?.state === "offline";

/** Follows the signed-in user's live chat for as long as its children are shown. */
export function LiveProvider({ user, children }: { user: User; children: ReactNode }) {
  const [live, setLive] = useState<Live | null>(null);
  const { leave } = useAccount();
  const { sessions, refresh } = useSessions();
  const { route } = useNavigation();
  const { say } = useNotices();

  const expired = useRef(new Set<string>());
  const unread = useRef(0);
  const named = live?.view.people ?? EMPTY_VIEW.people;
  const people = useMemo(() => ({ ...EMPTY_VIEW, people: named }), [named]);
  const listeners = useRef(new Set<Listener>());
  const listen = useCallback((listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const happened = useRef<(event: LiveEvent) => void>(() => {});
  useEffect(() => {
    happened.current = (event) => {
      for (const hear of listeners.current) hear(event);
      if (event.type === "new_messages") {
        if (AppState.currentState !== "active") countUnread((unread.current += event.messages.length));
        if (route.screen === "link" || sessions?.some(isWaiting)) refresh();
      }
      if (event.type === "session_health_changed") refresh();
      if (event.type !== "session_linked" && event.type !== "session_unlinked") return;
      refresh();
      const { id } = event.session;
      if (event.type === "session_linked") {
        if (expired.current.delete(id)) say(`Session “${id}” had been silent for long, and is linked to you again.`);
        return;
      }
      if (event.reason === "expired") expired.current.add(id);
      else forgetSession(user.id, id);
      say(`Session “${id}” is no longer linked to you. ${unlinkedBecause(event.reason)}`);
    };
  });

  useEffect(() => {
    let isLeft = false;
    const chat = onUserLogin(
      user,
      {
        onView: () => show(),
        onState: (state, { reason }) => (state === "signed_out" ? leave(signedOutBecause(reason)) : show()),
        onEvent: (event) => happened.current(event),
      },
      ({ message }) => isLeft || say(message),
    );
    let before = chat.state;
    let leftAt = 0;
    let wasOffline = false;
    const show = () => {
      if (before === "live" && chat.state !== "live") leftAt = Date.now();
      before = chat.state;
      if (wasOffline && isCaughtUp(chat.state)) refresh();
      wasOffline = chat.state === "offline" || (wasOffline && !isCaughtUp(chat.state));
      setLive({ user, chat, view: chat.view, state: chat.state, status: chat.status, leftAt, listen });
    };
    show();
    chat.loadPeople().catch(() => {}); // the client asks again
    const watching = AppState.addEventListener("change", (state) => {
      if (state !== "active") return;
      countUnread((unread.current = 0));
      chat.wake();
    });
    return () => {
      isLeft = true;
      watching.remove();
      chat.close();
      countUnread((unread.current = 0));
    };
  }, [user, leave, say, refresh, listen]);

  return (
    live && (
      <People value={people}>
        <Context value={live}>{children}</Context>
      </People>
    )
  );
}

/** Whether the server answers and nothing is being filled in any more. */
export function isCaughtUp(state: StreamState): boolean {
  return state === "live" || state === "polling";
}

/** Whether what is shown is as new as it gets. */
export function isFresh(state: StreamState): boolean {
  return isCaughtUp(state) || state === "catching_up";
}
