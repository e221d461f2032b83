import { blocksOf } from "omilink/screens";
import { StyleSheet, View } from "react-native";

import { Text } from "./Text";

/** Headings, list items and paragraphs, whatever else the text may hold. */
export function Markdown({ text }: { text: string }) {
  return (
    <View style={styles.blocks}>
      {blocksOf(text).map(({ kind, text }, index) => (
        <Text key={index} selectable kind={kind === "heading" ? "strong" : "body"}>
          {kind === "item" ? `•  ${text}` : text}
        </Text>
      ))}
    </View>
  );
}

const styles = StyleSheet.create({ blocks: { gap: 6 } });
