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
export { createOperator } from "./operator.js";
export { createEventParser } from "./sse.js";
export {
  EMPTY_VIEW,
  addConversations,
  addMessages,
  addPeople,
  addSnapshot,
  addWindow,
  applyEvent,
  conversationsOf,
  hasNewer,
  hasOlder,
  isIncomplete,
  peopleOf,
  personOf,
  shownOf,
  speakerName,
} from "./view.js";

/**
 * @typedef {import("./client.js").Client} Client
 * @typedef {import("./client.js").Settings} Settings
 * @typedef {import("./client.js").Paging} Paging
 * @typedef {import("./chat.js").ChatHandlers & import("./stream.js").StreamHandlers} ChatHandlers
 * @typedef {ReturnType<Client["chat"]>} Chat
 * @typedef {import("./operator.js").Operator} Operator
 * @typedef {import("./operator.js").OperatorSettings} OperatorSettings
 * @typedef {import("./stream.js").StreamState} StreamState
 * @typedef {import("./stream.js").StreamStatus} StreamStatus
 * @typedef {import("./view.js").View} View
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").LiveEvent} LiveEvent
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").OmiAccount} OmiAccount
 * @typedef {import("./wire.js").OmiLink} OmiLink
 * @typedef {import("./wire.js").Person} Person
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

/**
 * Sets what the functions below work with. The handlers are those of a chat stream that is started without any.
 *
 * @param {Settings & ChatHandlers} settings
 */
export function configure({ onView, onEvent, onState, ...settings }) {
  client = createClient(settings);
  defaultHandlers = { onView, onEvent, onState };
}

/** @param {Parameters<Client["register"]>[0]} account */
export const apiRegister = (account) => client.register(account);
/** @param {Parameters<Client["login"]>[0]} account */
export const apiLogin = (account) => client.login(account);
export const apiMe = () => client.me();

/** Signs out here and on the server; the chat stream ends first, so that nothing comes after. */
export const apiLogout = () => {
  chat?.close();
  chat = null;
  return client.logout();
};

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

/** Whether the user is off the record. */
export const apiGetRecording = () => client.recording();
/** @param {Parameters<Client["setRecording"]>[0]} change */
export const apiSetRecording = (change) => client.setRecording(change);

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
export const apiLinkSession = (sessionId, how) => client.linkSession(sessionId, how);
/** @param {string} sessionId @param {Parameters<Client["unlinkSession"]>[1]} [which] */
export const apiUnlinkSession = (sessionId, which) => client.unlinkSession(sessionId, which);
/** @param {string} sessionId @param {string | null} name @param {Parameters<Client["nameSession"]>[2]} [which] */
export const apiNameSession = (sessionId, name, which) => client.nameSession(sessionId, name, which);
export const apiListSessions = () => client.listSessions();
/** @param {string} sessionId */
export const apiGetSession = (sessionId) => client.getSession(sessionId);

export const apiGetCurrentConversation = () => client.currentConversation();
/** @param {Paging} [paging] */
export const apiListConversations = (paging) => client.listConversations(paging);
/** @param {string} q @param {import("./client.js").Search} [options] */
export const apiSearch = (q, options) => client.search(q, options);
/** @param {string} conversationId */
export const apiGetConversation = (conversationId) => client.conversation(conversationId);
/** @param {string} conversationId @param {Parameters<Client["messages"]>[1]} [paging] */
export const apiGetMessages = (conversationId, paging) => client.messages(conversationId, paging);
/** @param {string} conversationId @param {string} messageId @param {string | null} text */
export const apiCorrectMessage = (conversationId, messageId, text) =>
  client.correctMessage(conversationId, messageId, text);
/** @param {Parameters<Client["listDaySummaries"]>[0]} [days] */
export const apiListDaySummaries = (days) => client.listDaySummaries(days);
/** @param {string} conversationId @param {Parameters<Client["changeConversation"]>[1]} change */
export const apiChangeConversation = (conversationId, change) => client.changeConversation(conversationId, change);
/** @param {string} conversationId @param {string} otherId */
export const apiJoinConversations = (conversationId, otherId) => client.joinConversations(conversationId, otherId);
/** @param {string} conversationId @param {string} messageId */
export const apiSplitConversation = (conversationId, messageId) => client.splitConversation(conversationId, messageId);
/** @param {string} conversationId */
export const apiUndoConversation = (conversationId) => client.undoConversation(conversationId);
/** @param {string} conversationId @param {string} itemId @param {boolean} done */
export const apiTickActionItem = (conversationId, itemId, done) => client.tickActionItem(conversationId, itemId, done);
/** @param {Parameters<Client["listActionItems"]>[0]} [which] */
export const apiListActionItems = (which) => client.listActionItems(which);
/** @param {Parameters<Client["addActionItem"]>[0]} item */
export const apiAddActionItem = (item) => client.addActionItem(item);
/** @param {string} itemId @param {Parameters<Client["changeActionItem"]>[1]} change */
export const apiChangeActionItem = (itemId, change) => client.changeActionItem(itemId, change);
/** @param {string} itemId */
export const apiDeleteActionItem = (itemId) => client.deleteActionItem(itemId);
/** @param {Paging} [paging] */
export const apiListPeople = (paging) => client.listPeople(paging);
/** @param {string} name */
export const apiAddPerson = (name) => client.addPerson(name);
/** @param {string} personId @param {string} name */
export const apiRenamePerson = (personId, name) => client.renamePerson(personId, name);
/** @param {string} personId */
export const apiDeletePerson = (personId) => client.deletePerson(personId);
/** @param {string} personId @param {string} into */
export const apiMergePeople = (personId, into) => client.mergePeople(personId, into);
/** @param {string} personId @param {string[]} conversationIds */
export const apiSplitPerson = (personId, conversationIds) => client.splitPerson(personId, conversationIds);
/** @param {string} personId */
export const apiUndoPerson = (personId) => client.undoPerson(personId);
/** @param {string} conversationId @param {string} speaker @param {Parameters<Client["nameSpeaker"]>[2]} who */
export const apiNameSpeaker = (conversationId, speaker, who) => client.nameSpeaker(conversationId, speaker, who);
/** @param {string} conversationId */
export const apiDeleteConversation = (conversationId) => client.deleteConversation(conversationId);

/** The polling twin of the stream. @param {Parameters<Client["events"]>[0]} [from] */
export const apiGetEvents = (from) => client.events(from);
export const apiGetStreamTicket = () => client.streamTicket();

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
  chat = client.chat(handlers, options);
  return chat;
}

/**
 * The session id of this device: made once for each user, then remembered. `onUserLogin(user)` links the one of that user.
 *
 * @param {{id: string}} [user] By default the user who is signed in, as far as this client knows.
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
 * @returns {Promise<Chat>} Rejects when the user has to sign in again, which the chat's state `signed_out` says too.
 */
export async function onUserLogin(user) {
  const sessionId = await getDeviceSessionId(user).catch(unlessStorageFails);
  const opened = startChatStream(defaultHandlers, { user });
  if (sessionId) await client.linkSession(sessionId, { again: true }).catch(unlessSignedOut);
  return opened;
}

/** Any other reason keeps nobody from the chat, and what may pass is tried again there. @param {unknown} error */
function unlessSignedOut(error) {
  if (error instanceof OmilinkError && error.isSignedOut) throw error;
}

/** Without an id there is a chat all the same. @param {unknown} error */
function unlessStorageFails(error) {
  if (error instanceof OmilinkError) throw error;
}
