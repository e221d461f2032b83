/**
 * What goes over the wire: the shapes of the server's answers and events, as its OpenAPI document describes them. Types
 * only; nothing here runs. Times are ISO 8601 in UTC. `npm run types` makes api.d.ts anew.
 *
 * @typedef {import("./api.js").User} User
 * @typedef {import("./api.js").SignedIn} SignedIn
 * @typedef {import("./api.js").Me} Me
 * @typedef {import("./api.js").SignIn} SignIn
 * @typedef {import("./api.js").PersonalUrl} PersonalUrl
 * @typedef {import("./api.js").OmiLink} OmiLink
 * @typedef {import("./api.js").OmiAccount} OmiAccount
 * @typedef {import("./api.js").OmiAccounts} OmiLinks
 * @typedef {import("./api.js").OmiPush} OmiPush
 * @typedef {import("./api.js").OmiLinkStart} OmiLinkStart
 * @typedef {import("./api.js").Health} Health
 * @typedef {import("./api.js").Session} Session
 * @typedef {import("./api.js").Conversation} Conversation
 * @typedef {import("./api.js").Message} Message
 * @typedef {import("./api.js").CurrentConversation} CurrentConversation
 * @typedef {import("./api.js").Conversations} Conversations
 * @typedef {import("./api.js").Messages} Messages
 * @typedef {import("./api.js").Hit} Hit
 * @typedef {import("./api.js").Hits} Hits
 * @typedef {import("./api.js").Person} Person
 * @typedef {import("./api.js").People} People
 * @typedef {import("./api.js").PolledEvents} PolledEvents
 * @typedef {import("./api.js").SignedOutEvent} SignedOutEvent
 * @typedef {import("./api.js").UnlinkReason} UnlinkReason
 * @typedef {PolledEvents["events"][number]} LiveEvent Its `id` is the cursor after it, in the answers of polling.
 */

/**
 * What is posted where.
 *
 * @typedef {{
 *   "/auth/register": import("./api.js").Registration,
 *   "/auth/login": import("./api.js").Login,
 *   "/auth/logout": {},
 *   "/account/password": import("./api.js").NewPassword,
 *   "/me/webhook-url": {},
 *   "/sessions/link": import("./api.js").Link,
 *   "/link/omi/start": import("./api.js").Start,
 *   "/link/omi/confirm": import("./api.js").Code,
 *   "/link/omi/resend": import("./api.js").Account,
 *   "/link/omi/earlier": import("./api.js").TakeEarlier,
 * }} Requests
 */

export {};
