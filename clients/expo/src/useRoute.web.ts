import { useCallback, useSyncExternalStore } from "react";

import { hashOf, routeOf, type Go, type Route } from "./route";

/** Where the user is, as the page's address says: links, the back button and bookmarks work. */
export function useRoute(): { route: Route; go: Go } {
  const hash = useSyncExternalStore(listen, () => location.hash);
  const go = useCallback<Go>((route, options) => {
    if (options?.replace) location.replace(hashOf(route));
    else location.hash = hashOf(route);
  }, []);
  return { route: routeOf(hash), go };
}

function listen(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
