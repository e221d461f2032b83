import { apiDeleteConversation } from "omilink";

import { useChoice } from "../ui/Confirm";
import { useNotices } from "../ui/Notice";

const deletedHere = new Set<string>();

/** Whether the user has asked for it here. */
export function isDeletedHere(id: string): boolean {
  return deletedHere.has(id);
}

/** Deletes a conversation, after saying what that means. */
export function useDeleteConversation(): (id: string) => Promise<void> {
  const choose = useChoice();
  const { attempt } = useNotices();
  return async (id) => {
    const choice = await choose({
      title: "Delete this conversation?",
      consequences: ["It disappears here and on all your devices. This cannot be undone."],
      actions: { delete: "Delete" },
    });
    if (!choice) return;
    deletedHere.add(id);
    await attempt(() => apiDeleteConversation(id));
  };
}
