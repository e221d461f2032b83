import { createContext, useCallback, useContext, type ReactNode, type Ref } from "react";
import { Platform, Pressable, type PressableProps, type View } from "react-native";

import { START, hashOf, type Go, type Route } from "./route";
import { useNotices } from "./ui/Notice";
import { useRoute } from "./useRoute";

const Context = createContext<ReturnType<typeof useRoute>>({ route: START, go: () => {} });
export const useNavigation = () => useContext(Context);

export function NavigationProvider({ children }: { children: ReactNode }) {
  const { route, go: goTo } = useRoute();
  const { clear } = useNotices();
  const go = useCallback<Go>(
    (...where) => {
      clear(); // what was said belongs to the screen before
      goTo(...where);
    },
    [clear, goTo],
  );
  return <Context value={{ route, go }}>{children}</Context>;
}

/** Leads to another screen. In a browser it is a link, with an address of its own. */
export function Link({ to, ...props }: Omit<PressableProps, "onPress"> & { to: Route; ref?: Ref<View> }) {
  const { go } = useNavigation();
  const { clear } = useNotices();
  const link = Platform.OS === "web" ? { href: hashOf(to), onPress: clear } : { onPress: () => go(to) };
  return <Pressable role="link" {...props} {...link} />;
}
