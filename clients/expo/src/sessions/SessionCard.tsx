import { apiUnlinkSession, type Session } from "omilink";
import { accountOf } from "omilink/screens";

import { useLive } from "../live/LiveProvider";
import { forgetSession } from "../live/rememberedSession";
import { Button } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { focusHeading } from "../ui/focus";
import { LinkButton } from "../ui/LinkButton";
import { useNotices } from "../ui/Notice";
import { useNow } from "../useNow";
import { SAVED_STAYS, heardHow, linkedHow } from "../words";
import { HealthCard } from "./HealthCard";
import { useSessions } from "./SessionsProvider";

const LINKED = { status: "waiting", message: "Linked.", nextStep: null } as const;

/** How a session is linked, how it is doing, and what can be done. */
export function SessionCard({ session }: { session: Session }) {
  const now = useNow();
  const { user } = useLive();
  const { omi, refresh } = useSessions();
  const { attempt } = useNotices();
  const choose = useChoice();
  const { id, linked, method, health } = session;

  async function unlink() {
    const choice = await choose({
      title: "Unlink this session?",
      consequences: consequencesOf(session),
      actions: { unlink: "Unlink" },
    });
    if (choice) await remove();
  }

  const remove = () =>
    attempt(async () => {
      const personal = method === "personal"; // the same id may be linked by hand, too, which stays
      await apiUnlinkSession(id, { personal });
      if (!personal) await forgetSession(user.id, id);
      await refresh();
      focusHeading(); // the card that had the focus has gone
    });

  return (
    <HealthCard
      title={id}
      label={`Session ${id}`}
      health={health ?? LINKED}
      facts={linked ? `${linkedHow(session, accountOf(session, omi?.omi_links))} · ${heardHow(session, now)}` : ""}
      actions={
        linked ? (
          <Button label="Unlink" aria-label={`Unlink ${id}`} onPress={unlink} />
        ) : (
          // It takes a proof, and shows nothing that only its owner may know.
          <>
            <Button label="Remove" busyLabel="Removing…" aria-label={`Remove ${id}`} onPress={remove} />
            <LinkButton label="Prove it" aria-label={`Prove that ${id} is yours`} to={{ screen: "link", uid: id }} />
          </>
        )
      }
    />
  );
}

function consequencesOf({ id, method }: Session): string[] {
  if (method === "personal")
    return [
      `“${id}” comes back with its next words, because your webhook address links it. To stop that, remove the address ` +
        "from the OMI app or the device. A replaced address stops working after 24 hours.",
      SAVED_STAYS,
    ];
  if (method === "uid")
    return [
      `“${id}” comes back with its next words, because your OMI account links it. To stop that, unlink the OMI account.`,
      SAVED_STAYS,
    ];
  return [
    `New words of “${id}” no longer reach you. They are kept for some days, shown to nobody, and go to the person who ` +
      "next has the right to link it.",
    SAVED_STAYS,
  ];
}
