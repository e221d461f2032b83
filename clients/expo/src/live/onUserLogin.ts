import { OmilinkError, apiLinkSession, startChatStream, type Chat, type ChatHandlers, type User } from "omilink";

import { forgetSession, recallSessions } from "./rememberedSession";

/**
 * What happens at every login, and whenever the app starts with somebody signed in: the live chat starts, and as soon
 * as the server is there, the sessions that the user linked here before are linked again, in case they have expired.
 */
export function onUserLogin(user: User, handlers: ChatHandlers, explain: (error: Error) => void): Chat {
  let isAsked = false;
  return startChatStream(
    {
      ...handlers,
      onState(state, status) {
        handlers.onState?.(state, status);
        if (isAsked || (state !== "live" && state !== "polling")) return;
        isAsked = true;
        linkRemembered(user, explain).catch(explain);
      },
    },
    { user },
  );
}

/** All at once: by the time of an answer somebody else may be signed in, for whom nothing of this is to be asked. */
async function linkRemembered({ id }: User, explain: (error: Error) => void): Promise<void> {
  const linking = (await recallSessions(id)).map(async (sessionId) => {
    try {
      await apiLinkSession(sessionId, { again: true });
    } catch (error) {
      if (!(error instanceof OmilinkError) || error.mayPass) return; // the client tries again
      if (isLost(error)) await forgetSession(id, sessionId);
      explain(error);
    }
  });
  await Promise.all(linking);
}

/** Whether somebody else has it, or it takes a proof now: another try at the next login would fail as well. */
function isLost({ status }: OmilinkError): boolean {
  return status === 403 || status === 409;
}
