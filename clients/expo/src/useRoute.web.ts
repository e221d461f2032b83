import { useCallback, useSyncExternalStore } from "react";

import { hashOf, routeOf, type Route } from "./route";

/** Where the user is, as the page's address says: links, the back button and bookmarks work. */
export function useRoute(): { route: Route; go: (route: Route) => void } {
  const hash = useSyncExternalStore(listen, () => location.hash);
  const go = useCallback((route: Route) => {
    location.hash = hashOf(route);
  }, []);
  return { route: routeOf(hash), go };
}

function listen(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
