import { OmilinkError } from "omilink";
import { useRef, useState } from "react";
import { KeyboardAvoidingView, Platform, ScrollView, TextInput, View } from "react-native";

import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Field, NEW_PASSWORD, PASSWORD } from "../ui/Field";
import { focusHeading } from "../ui/focus";
import { Logo } from "../ui/Icon";
import { messageOf } from "../ui/Notice";
import { Problem } from "../ui/Problem";
import { Text } from "../ui/Text";
import { themed } from "../ui/theme";
import { useScreenName } from "../ui/tab";
import { PASSWORD_MISSING, PASSWORD_RULE } from "../words";
import { useAccount, type Credentials } from "./AccountProvider";

const MODES = {
  signIn: {
    title: "Sign in",
    doing: "Signing in…",
    question: "New here?",
    answer: "Create an account",
    other: "signUp",
    password: { ...PASSWORD, textContentType: "password" },
  },
  signUp: {
    title: "Create an account",
    doing: "Creating your account…",
    question: "You have an account?",
    answer: "Sign in",
    other: "signIn",
    password: { ...NEW_PASSWORD, rule: PASSWORD_RULE },
  },
} as const;

/** Signing in and signing up. `notice` says why somebody who was signed in sees this. */
export function SignInScreen({ notice }: { notice: string }) {
  const styles = useStyles();
  const account = useAccount();
  const [mode, setMode] = useState<keyof typeof MODES>("signIn");
  const [problem, setProblem] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const emailInput = useRef<TextInput>(null);
  const passwordInput = useRef<TextInput>(null);
  const words = MODES[mode];
  useScreenName("Sign in");

  function switchTo(other: keyof typeof MODES) {
    setMode(other);
    setProblem("");
    focusHeading();
  }

  async function submit() {
    setProblem("");
    const credentials = { email: email.trim(), password, displayName: displayName.trim() || undefined };
    try {
      checkFilled(credentials);
      await account[mode](credentials);
    } catch (error) {
      setProblem(messageOf(error));
      (isAboutEmail(error, credentials) ? emailInput : passwordInput).current?.focus();
    }
  }

  return (
    <KeyboardAvoidingView style={styles.screen} behavior={Platform.OS === "ios" ? "padding" : undefined}>
      <ScrollView contentContainerStyle={styles.middle} keyboardShouldPersistTaps="handled">
        <Card style={styles.card} role="main">
          <View style={styles.brand}>
            <Logo size={44} />
            <Text style={styles.name}>omilink</Text>
          </View>
          <View>
            <Text kind="title" style={styles.title}>
              {words.title}
            </Text>
            <Text kind="quiet">{notice || "What your wearable hears, as it is said."}</Text>
          </View>
          <Problem text={problem} />
          {mode === "signUp" && (
            <Field label="Your name (optional)" value={displayName} onChangeText={setDisplayName} autoComplete="name" />
          )}
          <Field
            ref={emailInput}
            label="Email address"
            value={email}
            onChangeText={setEmail}
            autoCapitalize="none"
            autoComplete="username"
            inputMode="email"
            textContentType="username"
            autoFocus={Platform.OS === "web"}
            onSubmitEditing={() => passwordInput.current?.focus()}
            submitBehavior="submit"
          />
          <Field
            ref={passwordInput}
            label="Password"
            value={password}
            onChangeText={setPassword}
            onSubmitEditing={submit}
            {...words.password}
          />
          <Button kind="primary" label={words.title} busyLabel={words.doing} onPress={submit} />
          <View style={styles.switch}>
            <Text kind="quiet">{words.question}</Text>
            <Button kind="link" label={words.answer} onPress={() => switchTo(words.other)} />
          </View>
        </Card>
      </ScrollView>
    </KeyboardAvoidingView>
  );
}

function checkFilled({ email, password }: Credentials): void {
  if (!email) throw new Error("Enter your email address.");
  if (!password) throw new Error(PASSWORD_MISSING);
}

/** The server's code alone does not tell which field is meant. */
function isAboutEmail(error: unknown, { email }: Credentials): boolean {
  if (!email) return true;
  if (!(error instanceof OmilinkError)) return false;
  return error.code === "email_taken" || (error.code === "invalid" && error.message.includes("email"));
}

const useStyles = themed(({ ink }) => ({
  screen: { flex: 1 },
  middle: { flexGrow: 1, alignItems: "center", justifyContent: "center", padding: 16 },
  card: {
    width: "100%",
    maxWidth: 400,
    gap: 14,
    paddingTop: 32,
    paddingHorizontal: 28,
    boxShadow: "0 12px 40px rgba(31, 30, 27, 0.08)",
  },
  brand: { flexDirection: "row", alignItems: "center", gap: 12 },
  name: { color: ink, fontSize: 19, fontWeight: "700", letterSpacing: -0.2 },
  title: { marginTop: 8, marginBottom: 2, fontSize: 24, lineHeight: 32 },
  switch: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: 6 },
}));
