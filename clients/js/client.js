import { openChat } from "./chat.js";
import { createDeadline } from "./deadline.js";
import { recallDeviceSessionId } from "./device.js";
import { OmilinkError, errorOf } from "./errors.js";
import { openStream } from "./stream.js";

/**
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").CurrentConversation} CurrentConversation
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").OmiAccount} OmiAccount
 * @typedef {import("./wire.js").OmiLink} OmiLink
 * @typedef {import("./wire.js").PersonalUrl} PersonalUrl
 * @typedef {import("./wire.js").Session} Session
 * @typedef {import("./wire.js").SignedIn} SignedIn
 * @typedef {import("./wire.js").SignIn} SignIn
 * @typedef {import("./wire.js").User} User
 *
 * @typedef {object} Settings
 * @property {string} [baseUrl] Where omilink answers; by default the page's own server.
 * @property {string} [webhookUrl] Where `sendWebhook` delivers; by default `<baseUrl>/omi-webhook`.
 * @property {() => string | null | undefined | Promise<string | null | undefined>} [getToken] The session token; without one,
 *   cookies are used.
 * @property {typeof globalThis.fetch} [fetch] In Expo: the one of `expo/fetch`, which can stream.
 * @property {import("./device.js").Storage} [storage] Remembers the device's session id; by default localStorage, else memory.
 *
 * @typedef {{limit?: number, cursor?: string | null}} Paging
 * @typedef {ReturnType<typeof createClient>} Client
 */

const REQUEST_TIMEOUT = 30_000;

/**
 * Everything omilink's server offers. Each call resolves to what was asked for, or throws an OmilinkError.
 *
 * @param {Settings} [settings]
 */
export function createClient({ baseUrl = "", webhookUrl, getToken, fetch: chosenFetch, storage } = {}) {
  const base = baseUrl.replace(/\/+$/, "");

  const client = {
    /** @param {{email: string, password: string, displayName?: string}} account @returns {Promise<SignedIn>} */
    register: ({ email, password, displayName }) =>
      post("/auth/register", { email, password, display_name: displayName }),

    /** @param {{email: string, password: string}} account @returns {Promise<SignedIn>} */
    login: ({ email, password }) => post("/auth/login", { email, password }),

    /** @returns {Promise<void>} */
    logout: () => post("/auth/logout"),

    /** @returns {Promise<{user: User, omi_links: OmiLink[]}>} */
    me: () => ask("GET", "/me"),

    /** Where the user is signed in. @returns {Promise<SignIn[]>} Newest first. */
    listSignIns: async () => (await ask("GET", "/account/sessions")).sessions,

    /** @param {string} id @returns {Promise<void>} */
    revokeSignIn: (id) => ask("DELETE", `/account/sessions/${encodeURIComponent(id)}`),

    /** Ends every sign-in but this one. @returns {Promise<number>} How many. */
    revokeOtherSignIns: async () => (await ask("DELETE", "/account/sessions")).revoked,

    /** Ends all other sign-ins too. @param {{password: string, newPassword: string}} change @returns {Promise<void>} */
    changePassword: ({ password, newPassword }) => post("/account/password", { password, new_password: newPassword }),

    /** Removes everything of the user's, for ever. @param {{password: string}} proof @returns {Promise<void>} */
    deleteAccount: ({ password }) => ask("DELETE", "/account", { password }),

    /** The user's own webhook address: what is posted there is theirs. @returns {Promise<PersonalUrl>} */
    webhookUrl: () => ask("GET", "/me/webhook-url"),

    /** Makes a new one; the one before works for another day. @returns {Promise<PersonalUrl>} */
    rotateWebhookUrl: () => post("/me/webhook-url"),

    /**
     * Asks for a proof that an OMI account is the user's: a sentence to say into the wearable and, where the server can
     * reach its phone, a number to type.
     *
     * @param {string} uid
     * @param {{bringEarlier?: boolean}} [options] Whether earlier conversations come along at once; by default they do.
     * @returns {Promise<import("./wire.js").OmiLinkStart>}
     */
    startOmiLink: (uid, { bringEarlier } = {}) =>
      post("/link/omi/start", { omi_user_id: uid, bring_earlier: bringEarlier }),

    /** Proves it with the number from the phone. @param {string} uid @param {string} code @returns {Promise<OmiAccount>} */
    confirmOmiLink: async (uid, code) => (await post("/link/omi/confirm", { omi_user_id: uid, code })).omi_link,

    /** Sends another number. @param {string} uid @returns {Promise<import("./wire.js").OmiPush>} */
    resendOmiLink: (uid) => post("/link/omi/resend", { omi_user_id: uid }),

    /** @returns {Promise<import("./wire.js").OmiLinks>} */
    listOmiLinks: () => ask("GET", "/link/omi"),

    /**
     * Takes along what was heard on the day before the link; or, with false, lets go of what came along.
     *
     * @param {string} uid
     * @param {boolean} bring
     * @returns {Promise<OmiAccount>}
     */
    takeEarlier: async (uid, bring) => (await post("/link/omi/earlier", { omi_user_id: uid, bring })).omi_link,

    /** @param {string} uid @returns {Promise<void>} */
    unlinkOmiLink: (uid) => ask("DELETE", `/link/omi/unlink/${encodeURIComponent(uid)}`),

    /** @param {string} sessionId @returns {Promise<Session>} */
    linkSession: async (sessionId) => (await post("/sessions/link", { session_id: sessionId })).session,

    /** @param {string} sessionId @returns {Promise<void>} */
    unlinkSession: (sessionId) => ask("DELETE", `/sessions/${encodeURIComponent(sessionId)}/link`),

    /** @returns {Promise<Session[]>} */
    listSessions: async () => (await ask("GET", "/sessions")).sessions,

    /** @param {string} sessionId @returns {Promise<Session>} */
    getSession: async (sessionId) => (await ask("GET", `/sessions/${encodeURIComponent(sessionId)}`)).session,

    /** @returns {Promise<CurrentConversation>} */
    currentConversation: () => ask("GET", "/conversations/current"),

    /** @param {Paging} [paging] @returns {Promise<import("./wire.js").Page<Conversation>>} Newest first. */
    listConversations: (paging) => ask("GET", `/conversations${queryOf(paging)}`),

    /** @param {string} id @returns {Promise<Conversation>} */
    conversation: async (id) => (await ask("GET", `/conversations/${encodeURIComponent(id)}`)).conversation,

    /** @param {string} id @param {Paging} [paging] @returns {Promise<import("./wire.js").Page<Message>>} In spoken order. */
    messages: (id, paging) => ask("GET", `/conversations/${encodeURIComponent(id)}/messages${queryOf(paging)}`),

    /** @param {string} id @returns {Promise<void>} */
    deleteConversation: (id) => ask("DELETE", `/conversations/${encodeURIComponent(id)}`),

    /**
     * The user's live events.
     *
     * @param {import("./stream.js").StreamHandlers} [handlers]
     * @param {import("./stream.js").StreamOptions} [options]
     */
    stream: (handlers = {}, options) => openStream(send, handlers, options),

    /**
     * The live chat: the events, and the view they make.
     *
     * @param {import("./chat.js").ChatHandlers & import("./stream.js").StreamHandlers} [handlers]
     * @param {import("./stream.js").StreamOptions} [options]
     */
    chat: (handlers = {}, options) => openChat(client, handlers, options),

    /** The session id of this device: made once, then remembered. */
    deviceSessionId: () => recallDeviceSessionId(storage),

    /**
     * Delivers what a device heard, as OMI's cloud does.
     *
     * @param {{session_id: string, uid?: string, segments: object[]}} webhook
     * @returns {Promise<void>}
     */
    sendWebhook: (webhook) =>
      answerOf(webhookUrl ?? `${base}/omi-webhook`, { ...requestOf("POST", webhook), credentials: "omit" }),
  };
  return client;

  /** @param {string} path @param {object} [body] */
  function post(path, body = {}) {
    return ask("POST", path, body);
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async function ask(method, path, body) {
    return answerOf(`${base}${path}`, await withSignIn(requestOf(method, body)));
  }

  /** @type {import("./stream.js").Get} */
  async function send(path, init = {}) {
    return fetchOf()(`${base}${path}`, await withSignIn({ cache: "no-store", ...init }));
  }

  /** @param {RequestInit} request @returns {Promise<RequestInit>} */
  async function withSignIn(request) {
    const token = await getToken?.();
    if (!token) return { ...request, credentials: "include" };
    return { ...request, credentials: "omit", headers: { ...request.headers, Authorization: `Bearer ${token}` } };
  }

  /** @param {string} url @param {RequestInit} request @returns {Promise<any>} */
  async function answerOf(url, request) {
    const deadline = createDeadline();
    deadline.set(REQUEST_TIMEOUT, new Error("The server did not answer in time."));
    try {
      const response = await deadline.race(fetchOf()(url, { ...request, signal: deadline.signal }));
      if (!response.ok) throw await errorOf(response);
      return await deadline.race(response.json());
    } catch (cause) {
      if (cause instanceof OmilinkError) throw cause;
      throw new OmilinkError("unreachable", "The server cannot be reached. Check the connection and try again.", {
        cause,
      });
    } finally {
      deadline.end();
    }
  }

  function fetchOf() {
    return chosenFetch ?? globalThis.fetch.bind(globalThis);
  }
}

/** @param {string} method @param {object} [body] @returns {RequestInit} */
function requestOf(method, body) {
  const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
  return { method, headers, body: body && JSON.stringify(body) };
}

/** @param {Paging} [paging] */
function queryOf(paging = {}) {
  const pairs = Object.entries(paging).flatMap(([name, value]) =>
    value ? `${name}=${encodeURIComponent(value)}` : [],
  );
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}
