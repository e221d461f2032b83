import * as Clipboard from "expo-clipboard";
import { useEffect, useState } from "react";

import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { useNotices } from "../ui/Notice";

/** Copies the text, and says so for a moment. */
export function CopyButton({ text }: { text: string }) {
  const { attempt } = useNotices();
  const [isCopied, setCopied] = useState(false);

  useEffect(() => {
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    const isDone = await attempt(() => Clipboard.setStringAsync(text));
    setCopied(isDone);
    if (isDone) announce("Copied");
  }

  return (
    <Button
      kind="primary"
      label={isCopied ? "Copied" : "Copy"}
      onPress={copy}
      style={{ minWidth: 104 }} // as wide as the longer word
    />
  );
}
