import { answerOf, requestOf } from "./ask.js";
import { OmilinkError } from "./errors.js";

/**
 * @typedef {{session_id: string, uid?: string | undefined, segments: object[]}} Webhook
 * @typedef {Pick<import("./client.js").Client, "webhookUrl" | "listSessions" | "unlinkSession">} Client
 */

const PATH = "/omi-webhook";
const OWN = `${PATH}/me_`;

/**
 * Delivers what a device heard, as OMI's cloud does: to the address that the app names, else to the signed-in user's own.
 *
 * @param {object} app
 * @param {Client} app.client
 * @param {import("./links.js").Links} app.links
 * @param {string} app.base
 * @param {string} [app.webhookUrl]
 * @param {() => typeof globalThis.fetch} app.fetchOf
 */
export function createWebhook({ client, links, base, webhookUrl, fetchOf }) {
  /** The user's own address. @type {Promise<string> | null} */
  let own = null;
  /** Sessions whose link by id has been looked at, and ended where nothing came in by it. @type {Set<string>} */
  let settled = new Set();

  return { send, forget };

  /** @param {Webhook} webhook */
  async function send(webhook) {
    const address = webhookUrl ?? (await findAddress());
    try {
      await answerOf(fetchOf(), address, { ...requestOf("POST", webhook), credentials: "omit" });
    } catch (error) {
      throw explained(error, address);
    }
    if (address.includes(OWN)) await settle(webhook.session_id).catch(() => {}); // tried again with the next words
  }

  /** Somebody else may be signed in from now on. */
  function forget() {
    own = null;
    settled = new Set();
  }

  /** Who is not signed in has none of their own; a server for trying takes words without a secret. */
  async function findAddress() {
    own ??= client.webhookUrl().then(({ url }) => base + url.slice(url.lastIndexOf(`${PATH}/`)));
    try {
      return await own;
    } catch (error) {
      own = null;
      if (error instanceof OmilinkError && error.isSignedOut) return base + PATH;
      throw error;
    }
  }

  /** @param {unknown} error @param {string} address */
  function explained(error, address) {
    if (!(error instanceof OmilinkError) || error.status !== 401 || webhookUrl) return error;
    own = null; // it may have been replaced
    if (address.includes(OWN)) return error;
    const message =
      "This server takes words only at an address with a secret. Sign in first, and sendWebhook delivers to the user's " +
      "own address; or set webhookUrl: to the user's own, which apiGetWebhookUrl() gives, or to what " +
      "`omilink webhook-url` prints.";
    return new OmilinkError(error.code, message, { status: 401, cause: error });
  }

  /**
   * At the user's own address a session is linked by that alone. A link by id that this app made before the first words
   * would stand beside it as a second session of the same id, to which nothing comes.
   *
   * @param {string} sessionId
   */
  async function settle(sessionId) {
    if (settled.has(sessionId) || !links.has(sessionId)) return;
    const sessions = await client.listSessions();
    const isUnheard = sessions.some(
      ({ id, method, lastSeenAt }) => id === sessionId && method === "manual" && !lastSeenAt,
    );
    if (isUnheard) await client.unlinkSession(sessionId, { personal: false });
    settled.add(sessionId);
  }
}
