/**
 * For a server of the operator's, such as a shop's: it gives a device's session to the user who gets the device. Whoever
 * has the operator's token can do that to anybody, so no app and no page may hold it.
 */
import { answerOf, baseOf, requestOf } from "./ask.js";
import { generateSessionId } from "./device.js";

/**
 * @typedef {object} OperatorSettings
 * @property {string} baseUrl Where omilink answers.
 * @property {string} apiKey The operator's token: what the file `operator_token` of the server's data folder holds.
 * @property {typeof globalThis.fetch} [fetch]
 *
 * @typedef {ReturnType<typeof createOperator>} Operator
 */

/** @param {OperatorSettings} settings */
export function createOperator({ baseUrl, apiKey, fetch = globalThis.fetch }) {
  const base = baseOf(baseUrl);

  return { generateSessionId, linkSessionToUser };

  /**
   * The session is the user's from now on, before the device's first call too. Doing so again changes nothing.
   *
   * @param {string} sessionId
   * @param {string | {email: string}} user The user's id, or the email.
   * @returns {Promise<import("./wire.js").Session>} Rejects when it is somebody else's, or can be guessed.
   */
  async function linkSessionToUser(sessionId, user) {
    /** @type {import("./api.js").Issue} */
    const form = { session_id: sessionId, ...(typeof user === "string" ? { user } : user) };
    const { headers, ...request } = requestOf("POST", form);
    const signed = { ...request, headers: { ...headers, Authorization: `Bearer ${apiKey}` } };
    const { sessions } = await answerOf(fetch, `${base}/admin/sessions`, signed);
    return sessions[0];
  }
}
