import { apiSearch } from "omilink";
import { NOTHING_ASKED, openSearch, timesOf, type Found } from "omilink/screens";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { useLive } from "../live/LiveProvider";

export type Order = "best" | "newest";
/** What the user has put in. Days are such as "2026-11-24", a person and a session are ids; each may be empty. */
export type Asked = { q: string; from: string; to: string; person: string; session: string; order: Order };

type Search = {
  asked: Asked;
  found: Found;
  /** With `now`, without waiting for another letter. */
  ask: (change: Partial<Asked>, when?: { now: boolean }) => void;
  more: () => void;
  again: () => void;
};

const NOTHING: Asked = { q: "", from: "", to: "", person: "", session: "", order: "best" };

const Context = createContext<Search | null>(null);
export const useSearch = () => useContext(Context)!;

/** Keeps what was found, for whoever comes back from a hit. */
export function SearchProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState(NOTHING);
  const [found, setFound] = useState(NOTHING_ASKED);
  const search = useMemo(() => openSearch(apiSearch, setFound), []);
  const { deleted } = useLive().view;

  useEffect(() => search.close, [search]);

  function ask(change: Partial<Asked>, when?: { now: boolean }) {
    const next = { ...asked, ...change };
    setAsked(next);
    const { from, to, ...question } = next;
    search.ask({ ...question, ...timesOf({ from, to }) }, when);
  }

  const hits = found.hits.filter(({ conversation }) => !deleted[conversation.id]);
  return (
    <Context value={{ asked, found: { ...found, hits }, ask, more: search.more, again: search.again }}>
      {children}
    </Context>
  );
}
