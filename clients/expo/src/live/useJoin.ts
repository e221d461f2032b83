import { apiJoinConversations, apiListConversations, apiUndoConversation, type Conversation } from "omilink";

import { useChoice } from "../ui/Confirm";
import { useNotices } from "../ui/Notice";
import { factsOf, titleOf } from "./titles";

const joinedHere = new Set<string>();

/** Whether the user has joined it to another conversation here. */
export function isJoinedHere(id: string): boolean {
  return joinedHere.has(id);
}

/** Joins a conversation to the one that began before it, after saying which one that is. */
export function useJoin(): (id: string) => Promise<void> {
  const choose = useChoice();
  const { say, attempt } = useNotices();

  async function join(id: string) {
    const before = await conversationBefore(id);
    if (!before) return say("This is your first conversation: there is none before it.");
    const choice = await choose({
      title: "Join with the one before?",
      consequences: [
        `“${titleOf(before)}” · ${factsOf(before)}`,
        "The words of both become one conversation, under this title. You can undo this.",
      ],
      actions: { join: "Join" },
      isHarmless: true,
    });
    if (!choice) return;
    joinedHere.add(id);
    await apiJoinConversations(before.id, id);
    say(`Joined with “${titleOf(before)}”.`, {
      label: "Undo",
      onPress: () => attempt(() => apiUndoConversation(before.id)),
    });
  }

  return async (id) => void (await attempt(() => join(id)));
}

/** The list has the latest beginning first. */
async function conversationBefore(id: string): Promise<Conversation | undefined> {
  let isPassed = false;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof apiListConversations>> = await apiListConversations({ cursor, limit: 100 });
    for (const one of page.items) {
      if (isPassed) return one;
      isPassed = one.id === id;
    }
    cursor = page.nextCursor;
  } while (cursor);
  return undefined;
}
