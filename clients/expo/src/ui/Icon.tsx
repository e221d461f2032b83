import Svg, { Path, Rect } from "react-native-svg";

import { useColors } from "./theme";

const PATHS = {
  live: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10v4",
  conversations: "M20 4H4v12h4v4l5-4h7z",
  sessions:
    "M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1-1",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20a7.5 7.5 0 0 1 15 0",
  people:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 19.5a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 6.5M18 14a6.5 6.5 0 0 1 3.5 5.5",
  check: "M5 12.5l5 5 9-11",
  back: "M19 12H5M11 6l-6 6 6 6",
  delete: "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
  down: "M12 5v14M6 13l6 6 6-6",
  more: "M6 9l6 6 6-6",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16.2 16.2L20.5 20.5",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z",
  starred: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z",
  "to-do": "M4 6.5l1.5 1.5L8.5 5M4 13l1.5 1.5 3-3M12 7h8M12 13.5h8M4 19.5h16",
  days: "M5 6h14v14H5zM5 10.5h14M9 3.5v4M15 3.5v4",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h1M9 12h11M7 10v4",
  edit: "M5 19l1-4.5L15.5 5l3.5 3.5L9.5 18zM13.5 7l3.5 3.5",
  dots: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  "sign-out": "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
};

export type IconName = keyof typeof PATHS;

/** A drawing beside words that say the same; a screen reader skips it. */
export function Icon({ name, color, size = 22 }: { name: IconName; color?: string; size?: number }) {
  const { ink } = useColors();
  return (
    <Svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      <Path
        d={PATHS[name]}
        stroke={color ?? ink}
        strokeWidth={1.9}
        strokeLinecap="round"
        strokeLinejoin="round"
        fill={name === "starred" ? (color ?? ink) : "none"}
      />
    </Svg>
  );
}

export function Logo({ size = 32 }: { size?: number }) {
  return (
    <Svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <Rect width={32} height={32} rx={9} fill="#3f55c6" />
      <Path d="M8 14v4M13 10v12M18 7v18M23 12v8" stroke="#fff" strokeWidth={2.6} strokeLinecap="round" />
    </Svg>
  );
}
