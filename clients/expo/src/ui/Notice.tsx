import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";
import { Pressable, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";

import { readOut } from "./announce";
import { Text } from "./Text";
import { TARGET, themed } from "./theme";

const SHOWN_FOR = { atLeast: 5_000, perLetter: 75, withAction: 20_000 };

type Action = { label: string; onPress: () => void };
export type Notice = { text: string; action?: Action };

const NOTHING: Notice = { text: "" };

type Notices = {
  /** Short news at the edge of the screen, the latest only, until it is pressed or was there long enough to be read. */
  say: (text: string, action?: Action) => void;
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
  const [{ text: notice, action }, setNotice] = useState(NOTHING);

  const say = useCallback((text: string, action?: Action) => {
    setNotice({ text, action });
    readOut(text);
  }, []);

  const clear = useCallback(() => setNotice(NOTHING), []);

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
    const least = action ? SHOWN_FOR.withAction : SHOWN_FOR.atLeast;
    const timer = setTimeout(clear, Math.max(least, notice.length * SHOWN_FOR.perLetter));
    return () => clearTimeout(timer);
  }, [notice, action, clear]);

  return (
    <Context value={{ say, clear, attempt }}>
      {children}
      <View role="status" style={[styles.edge, { bottom: bottom + 76 }]}>
        {notice !== "" && (
          <View style={styles.notice}>
            <Text style={styles.words} onPress={clear}>
              {notice}
            </Text>
            {action && (
              <Pressable role="button" onPress={() => (clear(), action.onPress())} style={styles.action}>
                <Text style={styles.actionLabel}>{action.label}</Text>
              </Pressable>
            )}
          </View>
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
    flexDirection: "row",
    alignItems: "center",
    paddingHorizontal: 18,
    borderRadius: 14,
    backgroundColor: ink,
  },
  words: { flexShrink: 1, paddingVertical: 12, color: paper, fontSize: 15 },
  action: { minHeight: TARGET, justifyContent: "center", paddingLeft: 18 },
  actionLabel: { color: paper, fontSize: 15, fontWeight: "700", textDecorationLine: "underline" },
}));
