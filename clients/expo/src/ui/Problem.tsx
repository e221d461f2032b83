import { useEffect } from "react";
import { Platform } from "react-native";

import { announce } from "./announce";
import { Text } from "./Text";

/** What went wrong, if anything did; read out as soon as it is there, which browsers do with alerts by themselves. */
export function Problem({ text }: { text: string | undefined }) {
  useEffect(() => {
    if (text && Platform.OS !== "web") announce(text);
  }, [text]);
  if (!text) return null;
  return (
    <Text kind="problem" role="alert">
      {text}
    </Text>
  );
}
