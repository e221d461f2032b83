import { Text } from "../ui/Text";
import { TARGET, useColors } from "../ui/theme";

/** Leads to the licences of the software that this page holds. */
export function Licences() {
  const { quiet } = useColors();
  const address = document.querySelector<HTMLLinkElement>("link[rel=license]")?.href;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener"
      style={{ display: "flex", alignItems: "center", alignSelf: "center", minHeight: TARGET, color: quiet }}
    >
      <Text kind="quiet">Licences of the software in this page</Text>
    </a>
  );
}
