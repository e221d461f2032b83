import { useEffect } from "react";

import { readOut } from "./announce";
import { Text } from "./Text";

/** What went wrong, if anything did; read out as soon as it is there. */
export function Problem({ text }: { text: string | undefined }) {
  useEffect(() => {
    if (text) readOut(text);
  }, [text]);
  if (!text) return null;
  return (
    <Text kind="problem" role="alert">
      {text}
    </Text>
  );
}
