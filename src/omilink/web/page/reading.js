import { createOfflineLine, showOffline } from "./connection.js";
import { beforeReading, titleOf } from "./conversations.js";
import { h, icon, setText } from "./dom.js";
import { createDeleteButton } from "./live.js";
import { MessageLog } from "./log.js";
import { isIncomplete } from "./omilink.js";
import { count, dayAndTime } from "./words.js";

/** One conversation from the list. It stays open while others go on. */
class Reading extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.heading = h("h1", { tabindex: "-1" });
    this.facts = h("p", { class: "quiet" });
    this.offline = createOfflineLine();
    this.deleteButton = createDeleteButton(() => app.deleteConversation(this.conversationId));
    this.log = new MessageLog();
    this.note = h("p", { class: "alone quiet" });
    this.back = h("a", { class: "bare" }, icon("back"));
    this.append(
      h(
        "header",
        {},
        this.back,
        h("div", { class: "titles" }, this.heading, this.facts, this.offline),
        this.deleteButton,
      ),
      this.log,
      this.note,
    );
  }

  show({ chat, route }) {
    showOffline(this.offline, chat);
    if (this.conversationId !== route.id) this.problem = this.isGone = undefined;
    this.conversationId = route.id;
    this.back.href = `#/${beforeReading()}`;
    this.back.title = `Back to ${beforeReading()}`;
    const shown = chat.view.chats[route.id];
    const isReady = shown !== undefined && !isIncomplete(shown);
    if (!isReady) this.#load(chat, route.id);
    if (!isReady) this.log.clear();
    this.log.hidden = !isReady;
    this.note.hidden = isReady;
    this.deleteButton.hidden = !shown;
    setText(this.note, this.problem ?? "Loading this conversation…");
    setText(this.heading, shown ? titleOf(shown.conversation) : "Conversation");
    setText(this.facts, shown ? factsOf(shown.conversation) : "");
    if (isReady) this.log.show(shown, { loadOlder: () => chat.loadOlder(route.id) });
  }

  retry() {
    if (!this.problem || this.isGone) return;
    this.problem = undefined;
    this.app.draw();
  }

  #load(chat, id) {
    if (this.problem || !chat.view.loaded) return;
    chat.open(id).catch((error) => {
      if (this.conversationId !== id) return;
      this.isGone = error.code === "not_found";
      this.problem = this.isGone ? "This conversation is not there any more." : error.message;
      this.app.draw();
    });
  }
}

function factsOf({ createdAt, messageCount }) {
  return `${dayAndTime(createdAt)} · ${count(messageCount, "message")}`;
}

customElements.define("omi-reading", Reading);
export { Reading };
