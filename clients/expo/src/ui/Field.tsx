import { useId, type ReactNode, type Ref } from "react";
import { TextInput, View, type TextInputProps } from "react-native";

import { Text } from "./Text";
import { TARGET, themed, useColors } from "./theme";

type Props = TextInputProps & {
  label: string;
  ref?: Ref<TextInput>;
  /** What is done with it. */
  children?: ReactNode;
};

/** Something to fill in, what it is, and a button beside it. */
export function Field({ label, style, children, ...props }: Props) {
  const styles = useStyles();
  const { quiet } = useColors();
  const id = useId();
  return (
    <View style={styles.field}>
      <Text nativeID={id} style={styles.label}>
        {label}
      </Text>
      <View style={styles.row}>
        <TextInput
          aria-label={label}
          aria-labelledby={id}
          placeholderTextColor={quiet}
          style={[styles.input, style]}
          {...props}
        />
        {children}
      </View>
    </View>
  );
}

/** For ids and addresses: nothing is corrected. */
export const AS_TYPED = { autoCapitalize: "none", autoCorrect: false, spellCheck: false, autoComplete: "off" } as const;

const useStyles = themed(({ ink, surface, quiet }) => ({
  field: { gap: 4 },
  label: { fontSize: 14.5, fontWeight: "600" },
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 10 },
  input: {
    flexGrow: 1,
    flexShrink: 1,
    flexBasis: 140,
    minWidth: 0,
    minHeight: TARGET + 2,
    paddingHorizontal: 14,
    paddingVertical: 8,
    borderWidth: 1,
    borderColor: quiet,
    borderRadius: 12,
    backgroundColor: surface,
    color: ink,
    fontSize: 16,
  },
}));
