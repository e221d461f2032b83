import { apiJoinConversations, apiListConversations, apiUndoConversation, type Conversation } from "omilink";

import { useNavigation } from "../Navigation";
import { useChoice } from "../ui/Confirm";
import { useNotices, type Notice } from "../ui/Notice";
import { factsOf, titleOf } from "./titles";

const noticesOfJoins = new Map<string, Notice>();

/** What is to be said of a conversation that the user has joined to another one here, once. */
export function takeNoticeOfJoin(id: string): Notice | undefined {
  const notice = noticesOfJoins.get(id);
  noticesOfJoins.delete(id);
  return notice;
}

/** Joins a conversation to the one that began before it, after saying which one that is. */
export function useJoin(): (id: string) => Promise<void> {
  const choose = useChoice();
  const { say, attempt } = useNotices();
  const { route } = useNavigation();

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
    noticesOfJoins.set(id, {
      text: `Joined with “${titleOf(before)}”.`,
      action: { label: "Undo", onPress: () => attempt(() => apiUndoConversation(before.id)) },
    });
    await apiJoinConversations(before.id, id);
    if (route.screen !== "conversation") sayJoined(id); // which is left for the whole, and takes its notices along
  }

  function sayJoined(id: string) {
    const notice = takeNoticeOfJoin(id);
    if (notice) say(notice.text, notice.action);
  }

  return async (id) => {
    if (!(await attempt(() => join(id)))) noticesOfJoins.delete(id);
  };
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
