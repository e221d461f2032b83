import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";
import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { announce } from "./announce";
import { Text } from "./Text";
import { themed } from "./theme";

const SHOWN_FOR = 5_000;

type Notices = {
  /** Short news at the edge of the screen, the latest only. */
  say: (text: string) => void;
  /** Does what the user asked for and says why when it cannot be done. Resolves to whether it was. */
  attempt: (task: () => unknown) => Promise<boolean>;
};

const Context = createContext<Notices>({ say: () => {}, attempt: async () => false });
export const useNotices = () => useContext(Context);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const [notice, setNotice] = useState("");

  const say = useCallback((text: string) => {
    setNotice(text);
    announce(text);
  }, []);

  const attempt = useCallback(
    async (task: () => unknown) => {
      try {
        await task();
        return true;
      } catch (error) {
        say(messageOf(error));
        return false;
      }
    },
    [say],
  );

  useEffect(() => {
    const timer = setTimeout(() => setNotice(""), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [notice]);

  return (
    <Context value={{ say, attempt }}>
      {children}
      <View style={[styles.edge, { bottom: bottom + 76 }]}>
        {notice !== "" && <Text style={styles.notice}>{notice}</Text>}
      </View>
    </Context>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const useStyles = themed(({ ink, paper }) => ({
  edge: { position: "absolute", left: 16, right: 16, alignItems: "center", pointerEvents: "none" },
  notice: {
    maxWidth: 560,
    paddingVertical: 12,
    paddingHorizontal: 18,
    borderRadius: 14,
    overflow: "hidden",
    backgroundColor: ink,
    color: paper,
    fontSize: 15,
  },
}));
