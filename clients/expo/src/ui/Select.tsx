import { View } from "react-native";

import { Choice } from "./Choice";
import { Text } from "./Text";

export type SelectProps = {
  label: string;
  /** What can be chosen: its name, and what is shown. */
  choices: readonly (readonly [name: string, words: string])[];
  chosen: string;
  onChoose: (name: string) => void;
};

/** One of many. */
export function Select({ choices, ...props }: SelectProps) {
  return (
    <View style={{ flexShrink: 1, gap: 4 }}>
      <Text kind="quiet">{props.label}</Text>
      <Choice choices={Object.fromEntries(choices)} {...props} />
    </View>
  );
}
