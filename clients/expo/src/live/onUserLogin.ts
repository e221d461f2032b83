import { OmilinkError, apiLinkSession, startChatStream, type Chat, type ChatHandlers, type User } from "omilink";

import { forgetSession, recallSession } from "./rememberedSession";

/**
 * What happens at every login, and whenever the app starts with somebody signed in: the live chat starts, and as soon
 * as the server is there, the session that the user linked here before is linked again, in case it has expired.
 */
export function onUserLogin(user: User, handlers: ChatHandlers, explain: (error: Error) => void): Chat {
  let isLinked = false;
  return startChatStream(
    {
      ...handlers,
      onState(state, status) {
        handlers.onState?.(state, status);
        if (isLinked || (state !== "live" && state !== "polling")) return;
        isLinked = true;
        linkRemembered(user).catch((error) => {
          isLinked = !(error instanceof OmilinkError && error.mayPass);
          explain(error);
        });
      },
    },
    { user },
  );
}

async function linkRemembered({ id }: User): Promise<void> {
  const sessionId = await recallSession(id);
  if (!sessionId) return;
  try {
    await apiLinkSession(sessionId, { again: true });
  } catch (error) {
    if (isLost(error)) await forgetSession(id, sessionId);
    throw error;
  }
}

/** Whether somebody else has it, or it takes a proof now: another try at the next login would fail as well. */
function isLost(error: unknown): boolean {
  return error instanceof OmilinkError && (error.status === 403 || error.status === 409);
}
