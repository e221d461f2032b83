import { answerOf, baseOf, requestOf } from "./ask.js";
import { openChat } from "./chat.js";
import { forgetDeviceSessionId, recallDeviceSessionId } from "./device.js";
import { OmilinkError, errorOf, isOfAnotherOrigin, unreachable } from "./errors.js";
import { createKeep } from "./keep.js";
import { createLinks } from "./links.js";
import { openStream } from "./stream.js";
import { createWebhook } from "./webhook.js";

/**
 * @typedef {import("./wire.js").Conversation} Conversation
 * @typedef {import("./wire.js").CurrentConversation} CurrentConversation
 * @typedef {import("./wire.js").Message} Message
 * @typedef {import("./wire.js").OmiAccount} OmiAccount
 * @typedef {import("./wire.js").OmiLink} OmiLink
 * @typedef {import("./wire.js").Person} Person
 * @typedef {import("./wire.js").PersonalUrl} PersonalUrl
 * @typedef {import("./wire.js").Session} Session
 * @typedef {import("./wire.js").SignedIn} SignedIn
 * @typedef {import("./wire.js").SignIn} SignIn
 * @typedef {import("./wire.js").User} User
 * @typedef {import("./stream.js").StreamState} StreamState
 *
 * @typedef {object} Settings
 * @property {string} [baseUrl] Where omilink answers; by default the page's own server.
 * @property {string} [webhookUrl] Where `sendWebhook` delivers; by default the signed-in user's own address.
 * @property {(request: {refresh: boolean}) => Token | Promise<Token>} [getToken] The session token. Who leaves this out
 *   uses cookies. With `refresh`, the server has refused the token there was: give another one, or the same or none when the
 *   user has to sign in again; throw when another one cannot be fetched now.
 * @property {typeof globalThis.fetch} [fetch] In Expo: the one of `expo/fetch`, which can stream.
 * @property {import("./device.js").Storage} [storage] Remembers the device's session id, by default in localStorage, else
 *   in memory; and the last words of the chat, only if it is given.
 *
 * @typedef {string | null | undefined} Token
 * @typedef {import("./stream.js").StreamOptions & {user?: {id: string}}} ChatOptions `user` is the owner of the
 *   kept words, where cookies are used and the client has not asked who is signed in.
 * @typedef {{limit?: number, cursor?: string | null}} Paging
 * @typedef {Paging & {from?: string, to?: string, person?: string, session?: string, conversation?: string,
 *   order?: "best" | "newest"}} Search `from` and `to` are days, such as 2026-11-24, or times in ISO 8601.
 * @typedef {ReturnType<typeof createClient>} Client
 */

/** What is asked before it is known who is signed in. */
const ENTERS = new Set(["/auth/register", "/auth/login", "/me"]);

/**
 * Everything omilink's server offers. Each call resolves to what was asked for, or throws an OmilinkError.
 *
 * @param {Settings} [settings]
 */
export function createClient({ baseUrl = "", webhookUrl, getToken, fetch: chosenFetch, storage } = {}) {
  const base = baseOf(baseUrl);
  const keep = storage && createKeep(storage, base);
  /** What the last request of a stream was signed with. @type {Token} */
  let streamedWith = null;
  /** @type {Promise<Token> | null} */
  let renewing = null;
  /** How often somebody has come or gone. */
  let turns = 0;
  /** The id of whoever is signed in, as far as it is known. @type {string | null} */
  let user = null;
  const links = createLinks((sessionId) => client.linkSession(sessionId, { again: true }));

  const client = {
    /** @param {{email: string, password: string, displayName?: string}} account @returns {Promise<SignedIn>} */
    register: ({ email, password, displayName }) =>
      enter(post("/auth/register", { email, password, display_name: displayName })),

    /** @param {{email: string, password: string}} account @returns {Promise<SignedIn>} */
    login: ({ email, password }) => enter(post("/auth/login", { email, password })),

    /** Signs out, and forgets what was kept of the chat. @returns {Promise<void>} */
    logout: () => leave(() => post("/auth/logout", {})),

    /** @returns {Promise<{user: User, omi_links: OmiLink[]}>} */
    me: async () => {
      const me = await ask("GET", "/me");
      signedInAs(me.user?.id);
      return me;
    },

    /** Where the user is signed in. @returns {Promise<SignIn[]>} Newest first. */
    listSignIns: async () => (await ask("GET", "/account/sessions")).sessions,

    /** @param {string} id @returns {Promise<void>} */
    revokeSignIn: (id) => ask("DELETE", `/account/sessions/${encodeURIComponent(id)}`),

    /** Ends every sign-in but this one. @returns {Promise<number>} How many. */
    revokeOtherSignIns: async () => (await ask("DELETE", "/account/sessions")).revoked,

    /** Ends all other sign-ins too. @param {{password: string, newPassword: string}} change @returns {Promise<void>} */
    changePassword: ({ password, newPassword }) => post("/account/password", { password, new_password: newPassword }),

    /** Removes everything of the user's, for ever. @param {{password: string}} proof @returns {Promise<void>} */
    deleteAccount: async ({ password }) => {
      await ask("DELETE", "/account", { password });
      await leave(async () => {});
    },

    /** The user's own webhook address: what is posted there is theirs. @returns {Promise<PersonalUrl>} */
    webhookUrl: () => ask("GET", "/me/webhook-url"),

    /** Whether what the user's wearables hear now is kept. @returns {Promise<import("./api.js").RecordingNow>} */
    recording: () => ask("GET", "/me/recording"),

    /**
     * Takes the user off the record, until a time or until they are `on` again: nothing of what is said then is kept.
     *
     * @param {import("./api.js").RecordingChange} change
     * @returns {Promise<import("./api.js").RecordingNow>}
     */
    setRecording: (change) => ask("PUT", "/me/recording", change),

    /** Makes a new one; the one before works for another day. @returns {Promise<PersonalUrl>} */
    rotateWebhookUrl: () => (webhook.forget(), post("/me/webhook-url", {})),

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
     * Adds the conversations of the day before the link; or, with false, gives back those that were added.
     *
     * @param {string} uid
     * @param {boolean} bring
     * @returns {Promise<OmiAccount>}
     */
    takeEarlier: async (uid, bring) => (await post("/link/omi/earlier", { omi_user_id: uid, bring })).omi_link,

    /** @param {string} uid @returns {Promise<void>} */
    unlinkOmiLink: (uid) => ask("DELETE", `/link/omi/unlink/${encodeURIComponent(uid)}`),

    /**
     * @param {string} sessionId
     * @param {{again?: boolean}} [how] `again`: the app does it by itself; what somebody has unlinked then stays so, and
     *   what may pass is tried again while a chat is open.
     * @returns {Promise<Session>}
     */
    linkSession: (sessionId, { again } = {}) => links.linking(sessionId, link(sessionId, again), again),

    /**
     * @param {string} sessionId
     * @param {{personal?: boolean}} [which] Where one id comes in at two addresses: the one at the user's own, or not.
     * @returns {Promise<void>}
     */
    unlinkSession: (sessionId, { personal } = {}) => {
      if (!personal) links.drop(sessionId);
      const query = personal === undefined ? "" : `?personal=${personal}`;
      return ask("DELETE", `/sessions/${encodeURIComponent(sessionId)}/link${query}`);
    },

    /**
     * Names a session, for itself and its conversations. A name of null takes the name away.
     *
     * @param {string} sessionId
     * @param {string | null} name
     * @param {{personal?: boolean}} [which] As for `unlinkSession`.
     * @returns {Promise<Session>}
     */
    nameSession: async (sessionId, name, { personal } = {}) =>
      (await ask("PATCH", `/sessions/${encodeURIComponent(sessionId)}${queryOf({ personal })}`, { name })).session,

    /** All of them, page by page. @returns {Promise<Session[]>} */
    listSessions: async () => {
      const sessions = [];
      let cursor = null;
      do {
        const page = await ask("GET", `/sessions${queryOf({ cursor })}`);
        sessions.push(...(page.sessions ?? []));
        cursor = page.nextCursor;
      } while (cursor);
      return sessions;
    },

    /** @param {string} sessionId @returns {Promise<Session>} */
    getSession: async (sessionId) => (await ask("GET", `/sessions/${encodeURIComponent(sessionId)}`)).session,

    /** @returns {Promise<CurrentConversation>} */
    currentConversation: () => ask("GET", "/conversations/current"),

    /** @param {Paging} [paging] @returns {Promise<import("./wire.js").Conversations>} Newest first. */
    listConversations: (paging) => ask("GET", `/conversations${queryOf(paging)}`),

    /**
     * What has all words of `q`: words, titles, summaries and action items. Words in quotes follow one another.
     *
     * @param {string} q
     * @param {Search} [options] Best first, unless `order` says otherwise.
     * @returns {Promise<import("./wire.js").Hits>} A page may be short or empty and still have a `nextCursor`.
     */
    search: (q, options) => ask("GET", `/search${queryOf({ q, ...options })}`),

    /** @param {string} id @returns {Promise<Conversation>} */
    conversation: async (id) => (await ask("GET", `/conversations/${encodeURIComponent(id)}`)).conversation,

    /**
     * The newest messages, or with `around` those around the message of this id. The cursors of such a page lead to pages
     * with a `newerCursor` too.
     *
     * @param {string} id
     * @param {Paging & {around?: string, translations?: string}} [paging] `translations`: a language, such as "de".
     * @returns {Promise<import("./wire.js").Messages>} In spoken order.
     */
    messages: (id, paging) => ask("GET", `/conversations/${encodeURIComponent(id)}/messages${queryOf(paging)}`),

    /**
     * OMI's summaries of the user's days, the latest first.
     *
     * @param {Paging & {from?: string, to?: string}} [days] Dates, such as "2026-10-14".
     * @returns {Promise<import("./api.js").DaySummaries>}
     */
    listDaySummaries: (days) => ask("GET", `/day-summaries${queryOf(days)}`),

    /**
     * Renames or stars a conversation. A `title` of null gives back OMI's title, or the first words.
     *
     * @param {string} id
     * @param {{title?: string | null, starred?: boolean}} change
     * @returns {Promise<Conversation>}
     */
    changeConversation: async (id, { title, starred }) =>
      (await ask("PATCH", `/conversations/${encodeURIComponent(id)}`, { title, starred })).conversation,

    /**
     * Joins another conversation to this one, which shows the words of both then.
     *
     * @param {string} id
     * @param {string} otherId
     * @returns {Promise<Conversation>}
     */
    joinConversations: async (id, otherId) =>
      (await ask("POST", `/conversations/${encodeURIComponent(id)}/join`, { other_id: otherId })).conversation,

    /**
     * Makes a message and all later ones a new conversation.
     *
     * @param {string} id
     * @param {string} messageId
     * @returns {Promise<{conversation: Conversation, newConversation: Conversation}>}
     */
    splitConversation: (id, messageId) =>
      ask("POST", `/conversations/${encodeURIComponent(id)}/split`, { message_id: messageId }),

    /**
     * Takes back what the user did last to a conversation: a title, a star, a split or a join.
     *
     * @param {string} id
     * @returns {Promise<Conversation>}
     */
    undoConversation: async (id) => (await ask("POST", `/conversations/${encodeURIComponent(id)}/undo`)).conversation,

    /**
     * Corrects a misheard message. A text of null gives back what was heard.
     *
     * @param {string} id Of the conversation.
     * @param {string} messageId
     * @param {string | null} text
     * @returns {Promise<import("./wire.js").Message>}
     */
    correctMessage: async (id, messageId, text) => {
      const path = `/conversations/${encodeURIComponent(id)}/messages/${encodeURIComponent(messageId)}`;
      return (await ask("PATCH", path, { text })).message;
    },

    /**
     * Marks an action item of a conversation as done, or as not done.
     *
     * @param {string} id Of the conversation.
     * @param {string} itemId
     * @param {boolean} done
     * @returns {Promise<Conversation>}
     */
    tickActionItem: async (id, itemId, done) => {
      const path = `/conversations/${encodeURIComponent(id)}/action-items/${encodeURIComponent(itemId)}`;
      return (await ask("PATCH", path, { done })).conversation;
    },

    /**
     * What is to be done over all conversations: first what the user has added without a conversation.
     *
     * @param {Paging & {done?: boolean}} [which]
     * @returns {Promise<import("./api.js").ActionItems>}
     */
    listActionItems: (which) => ask("GET", `/action-items${queryOf(which)}`),

    /**
     * @param {{text: string, dueAt?: string, conversationId?: string}} item `dueAt` is a time with its zone.
     * @returns {Promise<import("./api.js").ListedItem>}
     */
    addActionItem: async ({ text, dueAt, conversationId }) =>
      (await ask("POST", "/action-items", { text, due_at: dueAt, conversation_id: conversationId })).actionItem,

    /**
     * Ticks or edits an action item. A `dueAt` of null removes the time.
     *
     * @param {string} id
     * @param {{done?: boolean, text?: string, dueAt?: string | null}} change
     * @returns {Promise<import("./api.js").ListedItem>}
     */
    changeActionItem: async (id, { done, text, dueAt }) =>
      (await ask("PATCH", `/action-items/${encodeURIComponent(id)}`, { done, text, due_at: dueAt })).actionItem,

    /** @param {string} id @returns {Promise<void>} */
    deleteActionItem: (id) => ask("DELETE", `/action-items/${encodeURIComponent(id)}`),

    /** Those who have a name. @param {Paging} [paging] @returns {Promise<import("./wire.js").People>} */
    listPeople: (paging) => ask("GET", `/people${queryOf(paging)}`),

    /** @param {string} name @returns {Promise<Person>} */
    addPerson: async (name) => (await ask("POST", "/people", { name })).person,

    /** Renames a person, everywhere. @param {string} id @param {string} name @returns {Promise<Person>} */
    renamePerson: async (id, name) => (await ask("PATCH", `/people/${encodeURIComponent(id)}`, { name })).person,

    /** Deletes a person; the words stay. @param {string} id @returns {Promise<void>} */
    deletePerson: (id) => ask("DELETE", `/people/${encodeURIComponent(id)}`),

    /** Makes a person one with another, whose name stays. @param {string} id @param {string} into @returns {Promise<Person>} */
    mergePeople: async (id, into) => (await ask("POST", `/people/${encodeURIComponent(id)}/merge`, { into })).person,

    /**
     * Makes a new person of the one who speaks in these conversations.
     *
     * @param {string} id
     * @param {string[]} conversationIds
     * @returns {Promise<Person>} The new one.
     */
    splitPerson: async (id, conversationIds) => {
      const path = `/people/${encodeURIComponent(id)}/split`;
      return (await ask("POST", path, { conversation_ids: conversationIds })).person;
    },

    /** Undoes the last change of a person. @param {string} id @returns {Promise<Person>} */
    undoPerson: async (id) => (await ask("POST", `/people/${encodeURIComponent(id)}/undo`)).person,

    /**
     * Says who a speaker of a conversation is: a person, by id or by name; nobody known, by a `personId` of null; or
     * whether it is the wearer.
     *
     * @param {string} id Of the conversation.
     * @param {string} speaker As the messages have it.
     * @param {{personId?: string | null, name?: string, isUser?: boolean}} who
     * @returns {Promise<Person | null>} The person, if one was named.
     */
    nameSpeaker: async (id, speaker, { personId, name, isUser }) => {
      const path = `/conversations/${encodeURIComponent(id)}/speakers/${encodeURIComponent(speaker)}`;
      return (await ask("PUT", path, { person_id: personId, name, is_user: isUser })).person;
    },

    /** @param {string} id @returns {Promise<void>} */
    deleteConversation: (id) => ask("DELETE", `/conversations/${encodeURIComponent(id)}`),

    /**
     * The stream's events for whoever cannot hold a stream open; `after` is the cursor of the answer before.
     *
     * @param {{after?: string | null}} [from]
     * @returns {Promise<import("./wire.js").PolledEvents>}
     */
    events: ({ after } = {}) => ask("GET", `/conversations/current/events${queryOf({ after })}`),

    /**
     * Opens one stream within a minute, as `?ticket=`: for readers that can send neither cookie nor header.
     *
     * @returns {Promise<import("./api.js").Ticket>}
     */
    streamTicket: () => ask("POST", "/conversations/current/stream-ticket"),

    /**
     * The user's live events.
     *
     * @param {import("./stream.js").StreamHandlers} [handlers]
     * @param {import("./stream.js").StreamOptions} [options]
     */
    stream(handlers = {}, options) {
      const whose = user;
      /** @type {import("./stream.js").Access["get"]} */
      const getTheirs = (path, token, init) => get(path, token, init, whose);
      const shared = user ? `${base} ${user}` : undefined;
      return openStream({ token: tokenOf, renew, get: getTheirs, shared }, handlers, options);
    },

    /**
     * The live chat: the events, and the view they make. What was linked is linked again should it expire meanwhile.
     *
     * @param {import("./chat.js").ChatHandlers & import("./stream.js").StreamHandlers} [handlers]
     * @param {ChatOptions} [options]
     */
    chat(handlers = {}, { user: whose, ...options } = {}) {
      if (whose) signedInAs(whose.id);
      const turn = turns;
      const watched = links.watching(handlers, () => turn === turns && links.forget());
      const chat = openChat(client, watched, options, keep && memoryOf(keep));
      const { close } = chat;
      return Object.assign(chat, { close: () => (links.pause(), close()) });
    },

    /**
     * The session id of this device, one for each user: made once, then remembered.
     *
     * @param {{id: string}} [whose] By default whoever is signed in, as far as this client has heard.
     */
    deviceSessionId: (whose) => recallDeviceSessionId(whose?.id ?? user, storage),

    /**
     * Delivers what a device heard, as OMI's cloud does.
     *
     * @param {import("./webhook.js").Webhook} what
     * @returns {Promise<void>}
     */
    sendWebhook: (what) => webhook.send(what),
  };
  const webhook = createWebhook({ client, links, base, webhookUrl, fetchOf });
  return client;

  /**
   * @template {keyof import("./wire.js").Requests} Path
   * @param {Path} path
   * @param {import("./wire.js").Requests[Path]} body
   */
  function post(path, body) {
    return ask("POST", path, body);
  }

  /** @param {string} sessionId @param {boolean} [again] @returns {Promise<Session>} */
  async function link(sessionId, again) {
    const whose = user;
    try {
      return (await post("/sessions/link", { session_id: sessionId, again })).session;
    } catch (error) {
      // It will never be this user's: the next login makes another id.
      const isLost = error instanceof OmilinkError && (error.status === 403 || error.status === 409);
      if (isLost) await forgetDeviceSessionId(sessionId, whose, storage).catch(() => {});
      throw error;
    }
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async function ask(method, path, body) {
    const turn = turns;
    const whose = ENTERS.has(path) ? null : user;
    const token = await tokenOf();
    try {
      return await askWith(token);
    } catch (error) {
      if (!isRefusal(error) || turn !== turns) throw error; // what one user asked is not repeated for the next
      const renewed = await renew(token);
      if (turn !== turns) throw error;
      if (renewed) return askWith(renewed);
      await keep?.forget();
      throw error;
    }

    /** @param {Token} token */
    function askWith(token) {
      return answerOf(fetchOf(), `${base}${path}`, signed(requestOf(method, body), token, whose));
    }
  }

  /** @param {string} path @param {Token} token @param {RequestInit | undefined} init @param {string | null} whose */
  async function get(path, token, init, whose) {
    streamedWith = token;
    const url = `${base}${path}`;
    const response = await fetchOf()(url, signed({ cache: "no-store", ...init }, token, whose)).catch((cause) => {
      throw isOfAnotherOrigin(url) ? unreachable(url, cause) : cause;
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** @returns {Promise<Token>} */
  async function tokenOf() {
    return getToken?.({ refresh: false });
  }

  /** Asks once, for all whose token was refused, and not when another one is there already. @param {Token} refused */
  async function renew(refused) {
    const known = await tokenOf();
    if (known && known !== refused) return known;
    renewing ??= refresh().finally(() => (renewing = null));
    const renewed = await renewing;
    return renewed === refused ? null : renewed;
  }

  async function refresh() {
    return getToken?.({ refresh: true });
  }

  /** @param {Promise<SignedIn>} answer */
  async function enter(answer) {
    const signedIn = await answer;
    turns += 1;
    links.forget();
    webhook.forget();
    await keep?.forget();
    signedInAs(signedIn.user?.id);
    return signedIn;
  }

  /** @param {string} id */
  function signedInAs(id) {
    if (user && user !== id) links.forget();
    if (user !== id) webhook.forget();
    user = id;
    keep?.signedInAs(id);
  }

  /** @template T @param {() => Promise<T>} ask */
  async function leave(ask) {
    const turn = (turns += 1);
    links.forget();
    webhook.forget();
    await keep?.forget(); // first: it must be gone even if the server cannot be reached
    return ask().finally(() => {
      if (turn === turns) user = null; // else somebody else has signed in meanwhile
    });
  }

  /** @param {import("./keep.js").Keep} keep @returns {import("./chat.js").Memory} */
  function memoryOf({ recall, belongsTo, ...rest }) {
    return { ...rest, recall: () => recall(tokenOf), confirm: () => belongsTo(streamedWith) };
  }

  /**
   * Cookies count only for those who have no tokens: phones keep them, too, and one would sign in whoever has signed out.
   * A cookie may also have changed hands in another tab, so each request names the user that it is meant for.
   *
   * @param {RequestInit} request
   * @param {Token} token
   * @param {string | null} whose
   * @returns {RequestInit}
   */
  function signed(request, token, whose) {
    const headers = {
      ...request.headers,
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(whose && { "X-Omilink-User": whose }),
    };
    return { ...request, credentials: getToken ? "omit" : "include", headers };
  }

  function fetchOf() {
    return chosenFetch ?? globalThis.fetch.bind(globalThis);
  }
}

/** Whether the server does not take the sign-in. @param {unknown} error */
function isRefusal(error) {
  return error instanceof OmilinkError && error.isSignedOut;
}

/** @param {{[name: string]: string | number | boolean | null | undefined}} [values] */
function queryOf(values = {}) {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value || value === false ? `${name}=${encodeURIComponent(value)}` : [],
  );
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}
