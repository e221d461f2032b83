import { Pressable, View } from "react-native";

import { Text } from "./Text";
import { TARGET, themed } from "./theme";

type Props<Name extends string> = {
  label: string;
  choices: Readonly<Record<Name, string>>;
  chosen: Name;
  onChoose: (name: Name) => void;
};

/** One of a few. */
export function Choice<Name extends string>({ label, choices, chosen, onChoose }: Props<Name>) {
  const styles = useStyles();
  return (
    <View role="group" aria-label={label} style={styles.choices}>
      {(Object.keys(choices) as Name[]).map((name) => {
        const isChosen = name === chosen;
        return (
          <Pressable
            key={name}
            role="button"
            aria-pressed={isChosen}
            aria-selected={isChosen}
            onPress={() => onChoose(name)}
            style={[styles.choice, isChosen && styles.chosen]}
          >
            <Text style={[styles.words, isChosen && styles.chosenWords]}>{choices[name]}</Text>
          </Pressable>
        );
      })}
    </View>
  );
}

const useStyles = themed(({ outline, surface, mine, quiet, ink }) => ({
  choices: { flexDirection: "row", flexWrap: "wrap", gap: 8 },
  choice: {
    minHeight: TARGET,
    justifyContent: "center",
    paddingHorizontal: 16,
    borderWidth: 1,
    borderColor: outline,
    borderRadius: TARGET / 2,
    backgroundColor: surface,
  },
  chosen: { borderColor: mine, backgroundColor: mine },
  words: { color: quiet, fontSize: 15, fontWeight: "600" },
  chosenWords: { color: ink },
}));
