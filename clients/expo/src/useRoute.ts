import { useCallback, useEffect, useState } from "react";
import { BackHandler } from "react-native";

import { START, tabOf, type Go, type Route } from "./route";

/** Where the user is. Android's back button leads back to a screen's tab, then to Live, then out of the app. */
export function useRoute(): { route: Route; go: Go } {
  const [route, go] = useState<Route>(START);

  const back = useCallback(() => {
    const parent: Route | null = parentOf(route);
    if (parent) go(parent);
    return parent !== null;
  }, [route]);

  useEffect(() => {
    const listening = BackHandler.addEventListener("hardwareBackPress", back);
    return () => listening.remove();
  }, [back]);

  return { route, go };
}

function parentOf(route: Route): Route | null {
  if (route.screen === "conversation" && route.message) return { screen: "search" };
  const tab = tabOf(route);
  if (tab !== route.screen) return { screen: tab };
  return tab === "live" ? null : START;
}
