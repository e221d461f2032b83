import {
  Platform,
  StyleSheet,
  useColorScheme,
  useWindowDimensions,
  type ImageStyle,
  type TextStyle,
  type ViewStyle,
} from "react-native";

const LIGHT = {
  paper: "#f7f6f3",
  surface: "#ffffff",
  ink: "#1f1e1b",
  quiet: "#67635b",
  line: "#e3e0d9",
  /** Around what is pressed. */
  outline: "#e3e0d9",
  accent: "#3f55c6",
  onAccent: "#ffffff",
  mine: "#e2e7fd",
  good: "#14663f",
  warn: "#854d00",
  warnTint: "#f3ecdf",
  /** Behind what was searched for. */
  highlight: "#ffe08a",
  bad: "#b3261e",
  onBad: "#ffffff",
  shade: "rgba(31, 30, 27, 0.08)",
  veil: "rgba(31, 30, 27, 0.4)",
  /** Speakers: the name's colour and the tint behind its initial. */
  voices: [
    ["#007157", "#c6f3e6"],
    ["#953922", "#ffddd2"],
    ["#714290", "#f2dfff"],
    ["#2c6b1c", "#d7f1d1"],
    ["#006398", "#c9eeff"],
    ["#804f00", "#fae5c3"],
    ["#8e3665", "#ffdbed"],
    ["#006d7d", "#c2f2f8"],
  ],
};

const DARK: typeof LIGHT = {
  paper: "#141517",
  surface: "#1e2023",
  ink: "#ecebe7",
  quiet: "#a3a19b",
  line: "#303338",
  outline: "#6b7078",
  accent: "#a3b3ff",
  onAccent: "#14183a",
  mine: "#2b3364",
  good: "#6cd39e",
  warn: "#f2b866",
  warnTint: "#2c2720",
  highlight: "#5c4a08",
  bad: "#ff9a90",
  onBad: "#2a0d0a",
  shade: "rgba(255, 255, 255, 0.07)",
  veil: "rgba(0, 0, 0, 0.6)",
  voices: [
    ["#49d9b9", "#164036"],
    ["#ff9e84", "#4f2e26"],
    ["#d7a6fc", "#40314b"],
    ["#90d281", "#2a3e25"],
    ["#5dcbff", "#1b3c4e"],
    ["#e9b452", "#463518"],
    ["#fc9ac9", "#4c2d3c"],
    ["#2ad5e5", "#103f44"],
  ],
};

export type Colors = typeof LIGHT;
type Styles = Record<string, ViewStyle | TextStyle | ImageStyle>;

/** As tall as a fingertip. */
export const TARGET = 44;
export const RADIUS = 18;
/** From this width on everything stands side by side. */
const DESKTOP = 960;

export function useIsDesktop(): boolean {
  return useWindowDimensions().width >= DESKTOP;
}

export function useColors(): Colors {
  return useColorScheme() === "dark" ? DARK : LIGHT;
}

/** Styles in the colours of the system: a hook that answers with the light or the dark ones. */
export function themed<S extends Styles>(make: (colors: Colors) => S): () => S {
  const light = StyleSheet.create(scaled(make(LIGHT)));
  const dark = StyleSheet.create(scaled(make(DARK)));
  return () => (useColorScheme() === "dark" ? dark : light);
}

/** Browsers let their users choose the size of letters, which only sizes in rem follow. Phones scale by themselves. */
function scaled<S extends Styles>(styles: S): S {
  if (Platform.OS !== "web") return styles;
  const scale = (style: object) =>
    Object.fromEntries(Object.entries(style).map(([name, value]) => [name, LETTERS.has(name) ? inRem(value) : value]));
  return Object.fromEntries(Object.entries(styles).map(([name, style]) => [name, scale(style)])) as S;
}

const LETTERS = new Set(["fontSize", "lineHeight"]);
const inRem = (pixels: number) => `${pixels / 16}rem`;
