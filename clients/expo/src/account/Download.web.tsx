import { serverAddress } from "../server";
import { Card } from "../ui/Card";
import { Text } from "../ui/Text";
import { TARGET, useColors } from "../ui/theme";

/** Everything that the user has here, as a file. */
export function Download() {
  const { accent } = useColors();
  return (
    <Card>
      <Text kind="heading">Take your words along</Text>
      <Text kind="quiet">
        All conversations, people and things to do in one zip: as Markdown to read, as JSON for other programs, and as
        tasks for a calendar.
      </Text>
      <a
        href={`${serverAddress().replace(/\/$/, "")}/account/export`}
        download
        style={{ display: "flex", alignItems: "center", alignSelf: "flex-start", minHeight: TARGET, color: accent }}
      >
        <Text style={{ color: accent, fontWeight: "600" }}>Download everything</Text>
      </a>
    </Card>
  );
}
