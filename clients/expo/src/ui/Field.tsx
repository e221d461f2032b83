import { useId, type ReactNode, type Ref } from "react";
import { Platform, TextInput, View, type TextInputProps } from "react-native";

import { Text } from "./Text";
import { TARGET, themed, useColors } from "./theme";

type Props = TextInputProps & {
  label: string;
  /** What holds for that which is filled in. */
  rule?: string;
  ref?: Ref<TextInput>;
  /** What is done with it. */
  children?: ReactNode;
};

/** Something to fill in, what it is, and a button beside it. */
export function Field({ label, rule, style, children, ...props }: Props) {
  const styles = useStyles();
  const { quiet } = useColors();
  const id = useId();
  const described =
    Platform.OS === "web"
      ? // or an error could not give the field its focus back: the browser's version lets go of it a moment later
        { "aria-describedby": rule && `${id}-rule`, blurOnSubmit: false }
      : { accessibilityHint: rule };
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
          {...described}
          {...props}
        />
        {children}
      </View>
      {rule && (
        <Text kind="quiet" nativeID={`${id}-rule`}>
          {rule}
        </Text>
      )}
    </View>
  );
}

/** For ids and addresses: nothing is corrected. */
export const AS_TYPED = { autoCapitalize: "none", autoCorrect: false, spellCheck: false, autoComplete: "off" } as const;
/** For a password that the user has, and for one that is new. */
export const PASSWORD = { autoCapitalize: "none", autoComplete: "current-password", secureTextEntry: true } as const;
export const NEW_PASSWORD = { ...PASSWORD, autoComplete: "new-password", textContentType: "newPassword" } as const;

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
