import { createContext, useContext, type ReactNode } from "react";
import { Platform, Pressable, type PressableProps } from "react-native";

import { START, hashOf, type Route } from "./route";
import { useRoute } from "./useRoute";

const Context = createContext<ReturnType<typeof useRoute>>({ route: START, go: () => {} });
export const useNavigation = () => useContext(Context);

export function NavigationProvider({ children }: { children: ReactNode }) {
  const { route, go } = useRoute();
  return <Context value={{ route, go }}>{children}</Context>;
}

/** Leads to another screen. In a browser it is a link, with an address of its own. */
export function Link({ to, ...props }: Omit<PressableProps, "onPress"> & { to: Route }) {
  const { go } = useNavigation();
  const link = Platform.OS === "web" ? { href: hashOf(to) } : { onPress: () => go(to) };
  return <Pressable role="link" {...props} {...link} />;
}
