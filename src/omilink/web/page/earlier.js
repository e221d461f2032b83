import { h, keepFocus, setText, whileBusy } from "./dom.js";
import { count, dayAndTime } from "./words.js";

/** What an OMI account's wearable heard on the day before the link: to be added, left out, or let go again. */
class Earlier extends HTMLElement {
  constructor(app) {
    super();
    this.app = app;
    this.text = h("p", { role: "status" });
    this.add = h("button", { type: "button", click: () => this.take(true, this.add) }, "Add");
    this.leave = h("button", { type: "button", click: () => this.leaveOut() }, "Leave out");
    this.undo = h("button", { type: "button", click: () => this.take(false, this.undo) }, "Undo");
    this.append(this.text, h("div", { class: "row wrap" }, this.add, this.leave, this.undo));
  }

  show({ omiUserId, earlier: { waiting, brought } }) {
    this.uid = omiUserId;
    const isLeft = this.app.leftOut.has(omiUserId);
    const areMine = brought.conversations > 0 && (isLeft || waiting.conversations === 0);
    this.hidden = waiting.conversations + brought.conversations === 0;
    keepFocus(
      () => {
        this.add.hidden = areMine;
        this.leave.hidden = areMine || isLeft;
        this.undo.hidden = !areMine;
      },
      () => (areMine ? this.undo : this.add),
    );
    this.add.classList.toggle("primary", !isLeft);
    setText(this.text, areMine ? addedText(brought) : isLeft ? leftText(waiting) : offerText(waiting));
  }

  /** Adds what waits, or lets go of what was added. */
  take(bring, button) {
    return whileBusy(button, bring ? "Adding…" : "Undoing…", () =>
      this.app.attempt(async () => {
        await this.app.client.takeEarlier(this.uid, bring);
        if (bring) this.app.leftOut.delete(this.uid);
        else this.app.leftOut.add(this.uid);
        await this.app.refresh();
      }),
    );
  }

  leaveOut() {
    this.app.leftOut.add(this.uid);
    this.app.draw();
  }
}

function offerText(earlier) {
  return `${some(earlier, "was", "were")} heard before you linked. Add ${earlier.conversations === 1 ? "it" : "them"}?`;
}

function leftText(earlier) {
  return `${some(earlier, "stays", "stay")} out.`;
}

function addedText(earlier) {
  return `${some(earlier, "is", "are")} yours now.`;
}

/** "3 conversations since 14:02 were" */
function some({ conversations, since }, one, many) {
  return `${count(conversations, "conversation")} since ${dayAndTime(since)} ${conversations === 1 ? one : many}`;
}

customElements.define("omi-earlier", Earlier);
export { Earlier };
