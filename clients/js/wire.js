/**
 * What goes over the wire: the shapes of the server's answers and events. Types only; nothing here runs.
 * Times are ISO 8601 in UTC.
 *
 * @typedef {object} User
 * @property {string} id
 * @property {string} email
 * @property {string | null} displayName
 * @property {string} createdAt
 *
 * @typedef {object} SignedIn
 * @property {string} session_token Goes into the Authorization header; a browser has it as a cookie already.
 * @property {User} user
 *
 * @typedef {object} OmiLink An OMI account of the user's.
 * @property {string} omiUserId
 * @property {boolean} isVerified
 * @property {string | null} verifiedAt
 *
 * @typedef {object} Earlier Conversations that were nobody's before the link.
 * @property {number} conversations
 * @property {string | null} since When the first of them began.
 *
 * @typedef {object} OmiProof How it was proven, and what was heard before.
 * @property {"spoken" | "typed" | "issued" | "operator"} proof
 * @property {{waiting: Earlier, brought: Earlier}} earlier What could still come along, and what came.
 *
 * @typedef {OmiLink & OmiProof} OmiAccount
 *
 * @typedef {object} OmiLinks
 * @property {OmiAccount[]} omi_links
 * @property {{omiUserId: string, expiresAt: string}[]} pending What is to be proven still.
 * @property {boolean} canPush Whether the server can send numbers to phones.
 *
 * @typedef {object} OmiPush
 * @property {boolean} pushed Whether a number is on its way to the phone.
 * @property {string | null} notPushed Why not, in plain words.
 * @property {string} expiresAt
 *
 * @typedef {OmiPush & {say: string | null}} OmiLinkStart `say`: the sentence; null when nothing is left to prove.
 *
 * @typedef {object} SignIn One place where the user is signed in.
 * @property {string} id
 * @property {string | null} client What signed in, as it calls itself: a browser's User-Agent.
 * @property {string} createdAt
 * @property {string} expiresAt
 * @property {boolean} current Whether it is the one that asks.
 *
 * @typedef {object} PersonalUrl
 * @property {string} url Holds a secret: whoever has it can post words to the user.
 * @property {string} createdAt
 * @property {string | null} previousValidUntil Until when the address before works too.
 *
 * @typedef {object} Health
 * @property {"ok" | "waiting" | "quiet" | "failing" | "suspended"} status
 * @property {string} message What is the case, in plain words.
 * @property {string | null} nextStep What to do about it; null when there is nothing to do.
 *
 * @typedef {object} Session A wearable's stream of words, as one user sees it.
 * @property {string} id
 * @property {boolean} linked
 * @property {"uid" | "manual" | "issued" | "personal" | null} method How it came to its owner.
 * @property {string | null} linkedAt
 * @property {string | null} lastSeenAt
 * @property {boolean} hasConversations
 * @property {number} [messagesSaved]
 * @property {Health} [health]
 * @property {string | null} [lastWebhookAt]
 * @property {{waiting: number, failed: number}} [jobs]
 * @property {number} [streamsOpen]
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {string | null} title
 * @property {string | null} summary
 * @property {string} createdAt
 * @property {string | null} startedAt
 * @property {string} lastMessageAt
 * @property {number} messageCount
 * @property {string | null} omiSessionKey
 * @property {string} source
 *
 * @typedef {object} Message One segment of speech.
 * @property {string} id
 * @property {string} conversationId
 * @property {"USER" | "ASSISTANT" | "SYSTEM" | "TOOL"} role
 * @property {string} text
 * @property {string} source
 * @property {string} createdAt
 * @property {string | null} spokenAt
 * @property {string | null} speaker
 * @property {boolean} isUser
 * @property {number | null} start
 * @property {number | null} end
 * @property {number} position Spoken order: ascending position, then ascending seq.
 * @property {number} seq
 * @property {number} rev Grows when the segment changes; a lower one is older news.
 *
 * @typedef {object} CurrentConversation
 * @property {Conversation | null} conversation
 * @property {Message[]} messages The newest 50, in spoken order.
 * @property {string | null} sessionId
 * @property {string} cursor
 */

/**
 * @template Item
 * @typedef {object} Page
 * @property {Item[]} items
 * @property {string | null} nextCursor Leads to the next older page; null when there is none.
 */

/**
 * @typedef {{type: "connected", cursor: string, resumed: boolean}} ConnectedEvent
 * @typedef {{type: "reset", reason: string}} ResetEvent
 * @typedef {{type: "update"} & CurrentConversation} UpdateEvent
 * @typedef {{type: "caught_up"}} CaughtUpEvent
 * @typedef {{type: "conversation_changed", conversationId: string, conversation: Conversation}} ConversationChangedEvent
 * @typedef {{type: "new_messages" | "messages_updated", conversationId: string, conversation: Conversation, messages: Message[]}} MessagesEvent
 * @typedef {{type: "conversation_deleted", conversationId: string}} ConversationDeletedEvent
 * @typedef {{type: "session_linked", session: Session}} SessionLinkedEvent
 * @typedef {{type: "session_unlinked", session: Session, reason: string}} SessionUnlinkedEvent
 * @typedef {{type: "signed_out", reason: string}} SignedOutEvent
 *
 * @typedef {ConnectedEvent | ResetEvent | UpdateEvent | CaughtUpEvent | ConversationChangedEvent | MessagesEvent
 *   | ConversationDeletedEvent | SessionLinkedEvent | SessionUnlinkedEvent | SignedOutEvent} LiveEvent
 */

export {};
