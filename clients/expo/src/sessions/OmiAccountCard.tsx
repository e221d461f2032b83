import { apiUnlinkOmiLink, type OmiAccount, type Session } from "omilink";

import { Button } from "../ui/Button";
import { useChoice } from "../ui/Confirm";
import { focusHeading } from "../ui/focus";
import { useNotices } from "../ui/Notice";
import { useNow } from "../useNow";
import { SAVED_STAYS, heardHow, provenHow } from "../words";
import { EarlierWords } from "./EarlierWords";
import { HealthCard } from "./HealthCard";
import { useSessions } from "./SessionsProvider";

const UNHEARD = { status: "waiting", message: "Linked. Its first words appear under Live.", nextStep: null } as const;
const BELOW = { ...UNHEARD, message: "Linked. Words of its devices come in under the sessions below." };

type Props = { account: OmiAccount; session: Session | undefined; isHeardBelow: boolean };

/** An OMI account of the user's: how it was proven, how it is doing, and what was heard before. */
export function OmiAccountCard({ account, session, isHeardBelow }: Props) {
  const now = useNow();
  const choose = useChoice();
  const { attempt } = useNotices();
  const { refresh } = useSessions();
  const uid = account.omiUserId;

  async function unlink() {
    const choice = await choose({
      title: "Unlink this OMI account?",
      consequences: [
        "Its new words no longer reach you. They are kept for some days, shown to nobody, and go to the person who next " +
          "proves that the account is theirs.",
        "The sessions that it linked are unlinked with it.",
        SAVED_STAYS,
      ],
      actions: { unlink: "Unlink" },
    });
    if (!choice) return;
    await attempt(async () => {
      await apiUnlinkOmiLink(uid);
      await refresh();
      focusHeading(); // the card that had the focus has gone
    });
  }

  return (
    <HealthCard
      title={uid}
      label={`OMI account ${uid}`}
      health={session?.health ?? (isHeardBelow ? BELOW : UNHEARD)}
      facts={[provenHow(account), session && heardHow(session, now)].filter(Boolean).join(" · ")}
      actions={<Button label="Unlink" aria-label={`Unlink OMI account ${uid}`} onPress={unlink} />}
    >
      <EarlierWords account={account} />
    </HealthCard>
  );
}
