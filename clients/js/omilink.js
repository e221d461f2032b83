/**
 * The client of omilink: link a wearable's session to the signed-in user and follow what it hears, live.
 *
 * The functions here are bound to one default client, which `configure` sets. `createClient` gives another.
 */
import { createClient } from "./client.js";
import { OmilinkError } from "./errors.js";

export { createClient };
export { generateSessionId } from "./device.js";
export { OmilinkError };
export { createEventParser } from "./sse.js";
export {
  EMPTY_VIEW,
  addConversations,
  addMessages,
  addSnapshot,
  applyEvent,
  conversationsOf,
  hasOlder,
  isIncomplete,
  speakerName,
} from "./view.js";

/**
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("./client.js").Settings} Settings
 * @typedef {import("./client.js").Paging} Paging
 * @typedef {import("./chat.js").ChatHandlers & import("./stream.js").StreamHandlers} ChatHandlers
 * @typedef {ReturnType<Client["chat"]>} Chat
 * @typedef {import("./stream.js").StreamState} StreamState
 * @typedef {import("./stream.js").StreamStatus} StreamStatus
 * @typedef {import("./view.js").View} View
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").LiveEvent} LiveEvent
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").OmiAccount} OmiAccount
 * @typedef {import("./wire.js").OmiLink} OmiLink
 * @typedef {import("./wire.js").PersonalUrl} PersonalUrl
 * @typedef {import("./wire.js").Session} Session
 * @typedef {import("./wire.js").SignIn} SignIn
 * @typedef {import("./wire.js").UnlinkReason} UnlinkReason
 * @typedef {import("./wire.js").User} User
 */

let client = createClient();
/** @type {ChatHandlers} */
let defaultHandlers = {};
/** @type {Chat | null} */
let chat = null;
/** What this app has linked for its user, to be linked again should it expire. @type {Set<string>} */
const linked = new Set();
/** The device's session, and whose it is to be once the server can link it. @type {Map<string, {id: string} | undefined>} */
const unlinked = new Map();

/**
 * Sets what the functions below work with. The handlers are those of a chat stream that is started without any.
 *
 * @param {Settings & ChatHandlers} settings
 */
export function configure({ onView, onEvent, onState, ...settings }) {
  client = createClient(settings);
  forgetLinks();
  defaultHandlers = { onView, onEvent, onState };
}

/** @param {Parameters<Client["register"]>[0]} account */
export const apiRegister = (account) => entering(client.register(account));
/** @param {Parameters<Client["login"]>[0]} account */
export const apiLogin = (account) => entering(client.login(account));
export const apiMe = () => client.me();

/** Signs out here and on the server; the chat stream ends first, so that nothing comes after. */
export const apiLogout = () => {
  chat?.close();
  chat = null;
  forgetLinks();
  return client.logout();
};

/** What was linked for whoever was here before is not linked for the next. @template T @param {Promise<T>} answer */
async function entering(answer) {
  const signedIn = await answer;
  forgetLinks();
  return signedIn;
}

function forgetLinks() {
  linked.clear();
  unlinked.clear();
}

export const apiListSignIns = () => client.listSignIns();
/** @param {string} id */
export const apiRevokeSignIn = (id) => client.revokeSignIn(id);
export const apiRevokeOtherSignIns = () => client.revokeOtherSignIns();
/** @param {Parameters<Client["changePassword"]>[0]} change */
export const apiChangePassword = (change) => client.changePassword(change);
/** @param {Parameters<Client["deleteAccount"]>[0]} proof */
export const apiDeleteAccount = (proof) => client.deleteAccount(proof);

/** The user's own webhook address, for the developer settings of the OMI app. */
export const apiGetWebhookUrl = () => client.webhookUrl();
export const apiRotateWebhookUrl = () => client.rotateWebhookUrl();

/** @param {string} uid @param {Parameters<Client["startOmiLink"]>[1]} [options] */
export const apiStartOmiLink = (uid, options) => client.startOmiLink(uid, options);
/** @param {string} uid @param {string} code */
export const apiConfirmOmiLink = (uid, code) => client.confirmOmiLink(uid, code);
/** @param {string} uid */
export const apiResendOmiLink = (uid) => client.resendOmiLink(uid);
export const apiListOmiLinks = () => client.listOmiLinks();
/** @param {string} uid @param {boolean} bring */
export const apiTakeEarlier = (uid, bring) => client.takeEarlier(uid, bring);
/** @param {string} uid */
export const apiUnlinkOmiLink = (uid) => client.unlinkOmiLink(uid);

/**
 * Resolves to the session, or throws why it cannot be linked.
 *
 * @param {string} sessionId
 * @param {Parameters<Client["linkSession"]>[1]} [how]
 */
export async function apiLinkSession(sessionId, how) {
  const session = await client.linkSession(sessionId, how);
  linked.add(sessionId);
  return session;
}
/** @param {string} sessionId @param {Parameters<Client["unlinkSession"]>[1]} [which] */
export const apiUnlinkSession = (sessionId, which) => {
  if (!which?.personal) {
    linked.delete(sessionId);
    unlinked.delete(sessionId);
  }
  return client.unlinkSession(sessionId, which);
};
export const apiListSessions = () => client.listSessions();
/** @param {string} sessionId */
export const apiGetSession = (sessionId) => client.getSession(sessionId);

export const apiGetCurrentConversation = () => client.currentConversation();
/** @param {Paging} [paging] */
export const apiListConversations = (paging) => client.listConversations(paging);
/** @param {string} conversationId @param {Paging} [paging] */
export const apiGetMessages = (conversationId, paging) => client.messages(conversationId, paging);
/** @param {string} conversationId */
export const apiDeleteConversation = (conversationId) => client.deleteConversation(conversationId);

/**
 * The user's live events, as they come.
 *
 * @param {import("./stream.js").StreamHandlers} [handlers]
 * @param {import("./stream.js").StreamOptions} [options]
 */
export const apiStreamCurrentConversation = (handlers, options) => client.stream(handlers, options);

/**
 * The live chat: the events, the view they make, and what else the view needs. There is one at a time; starting again
 * replaces it. A session that `apiLinkSession` or `onUserLogin` linked is linked again should it expire meanwhile.
 *
 * @param {ChatHandlers} [handlers]
 * @param {import("./client.js").ChatOptions} [options]
 */
export function startChatStream(handlers = defaultHandlers, options) {
  chat?.close();
  const { onEvent, onState } = handlers;
  chat = client.chat({ ...handlers, onEvent: linkingAgain(onEvent), onState: linkingLate(onState) }, options);
  return chat;
}

/** @param {ChatHandlers["onState"]} tell @returns {ChatHandlers["onState"]} */
function linkingLate(tell) {
  return (state, status) => {
    if (state === "live" || state === "polling") {
      for (const [sessionId, user] of unlinked) linkDevice(sessionId, user).catch(() => {}); // its health says why not
    }
    tell?.(state, status);
  };
}

/**
 * Throws only when the user has to sign in again. What may pass is tried again when the chat goes live; a session that
 * is another's is given up, so that the next login makes a new one.
 *
 * @param {string} sessionId
 * @param {{id: string}} [user]
 */
async function linkDevice(sessionId, user) {
  const asking = chat;
  unlinked.delete(sessionId);
  try {
    await apiLinkSession(sessionId, { again: true });
  } catch (error) {
    if (!(error instanceof OmilinkError)) return;
    if (error.isSignedOut) throw error;
    if (error.status === 403 || error.status === 409) await client.forgetDeviceSessionId(user).catch(() => {});
    // With another chat, somebody else may be signed in by now.
    if (error.mayPass && chat === asking) unlinked.set(sessionId, user);
  }
}

/** @param {ChatHandlers["onEvent"]} tell @returns {ChatHandlers["onEvent"]} */
function linkingAgain(tell) {
  return (event) => {
    const isExpired = event.type === "session_unlinked" && event.reason === "expired";
    if (isExpired && linked.has(event.session.id)) {
      client.linkSession(event.session.id, { again: true }).catch(() => {}); // the app has heard that it expired, and can try later
    }
    tell?.(event);
  };
}

/**
 * The session id of this device: made once, then remembered. `onUserLogin(user)` links the one of that user.
 *
 * @param {{id: string}} [user]
 */
export const getDeviceSessionId = (user) => client.deviceSessionId(user);

/** @param {Parameters<Client["sendWebhook"]>[0]} webhook */
export const sendWebhook = (webhook) => client.sendWebhook(webhook);

/**
 * What an app does at login, and whenever it starts with somebody signed in: follow the chat, and link the device's
 * session. Without a connection it shows what was kept, and links as soon as there is one. A session that cannot be
 * linked keeps nobody from the chat.
 *
 * @param {{id: string}} [user]
 * @returns {Promise<Chat>} Rejects when the user has to sign in again, which the chat tells by `signed_out` too.
 */
export async function onUserLogin(user) {
  const sessionId = await getDeviceSessionId(user).catch(unlessStorageFails);
  const opened = startChatStream(defaultHandlers, { user });
  if (sessionId) await linkDevice(sessionId, user);
  return opened;
}

/** Without an id there is a chat all the same. @param {unknown} error */
function unlessStorageFails(error) {
  if (error instanceof OmilinkError) throw error;
}
