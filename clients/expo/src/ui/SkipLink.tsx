import { Platform } from "react-native";

import { focusHeading } from "./focus";

/** Leads a browser's keyboard past the navigation. Out of sight until it has the focus: see style.css. */
export function SkipLink() {
  if (Platform.OS !== "web") return null;
  return (
    <a
      className="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault(); // the address names a screen
        focusHeading();
      }}
    >
      Skip to content
    </a>
  );
}
