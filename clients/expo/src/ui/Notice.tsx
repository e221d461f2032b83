import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";
import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { readOut } from "./announce";
import { Text } from "./Text";
import { themed } from "./theme";

const SHOWN_FOR = { atLeast: 5_000, perLetter: 75 };

type Notices = {
  /** Short news at the edge of the screen, the latest only, until it is pressed or was there long enough to be read. */
  say: (text: string) => void;
  /** Takes the news away. */
  clear: () => void;
  /** Does what the user asked for and says why when it cannot be done. Resolves to whether it was. */
  attempt: (task: () => unknown) => Promise<boolean>;
};

const Context = createContext<Notices>({ say: () => {}, clear: () => {}, attempt: async () => false });
export const useNotices = () => useContext(Context);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const [notice, setNotice] = useState("");

  const say = useCallback((text: string) => {
    setNotice(text);
    readOut(text);
  }, []);

  const clear = useCallback(() => setNotice(""), []);

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
    const timer = setTimeout(() => setNotice(""), Math.max(SHOWN_FOR.atLeast, notice.length * SHOWN_FOR.perLetter));
    return () => clearTimeout(timer);
  }, [notice]);

  return (
    <Context value={{ say, clear, attempt }}>
      {children}
      <View role="status" style={[styles.edge, { bottom: bottom + 76 }]}>
        {notice !== "" && (
          <Text style={styles.notice} onPress={clear}>
            {notice}
          </Text>
        )}
      </View>
    </Context>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const useStyles = themed(({ ink, paper }) => ({
  edge: { position: "absolute", left: 16, right: 16, alignItems: "center", pointerEvents: "box-none" },
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
