import { openPages, type Pages } from "omilink/screens";
import { useEffect, useMemo, useState } from "react";

import { isCaughtUp, useLive } from "./LiveProvider";
import { useRetried } from "./useRetried";

type List<Item> = Omit<Parameters<typeof openPages<Item>>[0], "onChange">;

/** A list of the server's that follows the live events. @param list The same one at each rendering. */
export function usePages<Item>(list: List<Item>) {
  const { state, listen } = useLive();
  const [pages, setPages] = useState<Pages<Item>>({ items: [], next: undefined });
  const opened = useMemo(() => openPages({ ...list, onChange: setPages }), [list]);
  useEffect(() => listen(opened.hear), [listen, opened]);
  const problem = useRetried(opened.load, pages.next === undefined && isCaughtUp(state));
  return { ...pages, ...opened, problem };
}
