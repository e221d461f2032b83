/**
 * For a server of the operator's, such as a shop's: it gives a device's session to the user who gets the device. Whoever
 * has the operator's token can do that to anybody, so no app and no page may hold it.
 */
import { answerOf, baseOf, requestOf } from "./ask.js";
import { generateSessionId } from "./device.js";
import { OmilinkError } from "./errors.js";

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
  if (!isText(baseUrl)) throw new OmilinkError("bad_address", "createOperator needs baseUrl: where omilink answers.");
  if (!isText(apiKey)) throw invalid("createOperator needs apiKey: what the file operator_token holds.");
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
    if (!isText(sessionId)) throw invalid("linkSessionToUser needs the session's id: generateSessionId() makes one.");
    if (!isText(typeof user === "string" ? user : user?.email))
      throw invalid("linkSessionToUser needs the user: the id, or { email }.");
    /** @type {import("./api.js").Issue} */
    const form = { session_id: sessionId, ...(typeof user === "string" ? { user } : user) };
    const { headers, ...request } = requestOf("POST", form);
    const signed = { ...request, headers: { ...headers, Authorization: `Bearer ${apiKey}` } };
    const { sessions } = await answerOf(fetch, `${base}/admin/sessions`, signed);
    return sessions[0];
  }
}

/** JSON leaves out what is undefined, and without a session's id the server would make one. @param {unknown} value */
function isText(value) {
  return typeof value === "string" && value.trim() !== "";
}

/** @param {string} message */
function invalid(message) {
  return new OmilinkError("invalid", message);
}
