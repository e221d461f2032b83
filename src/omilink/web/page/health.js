import { h, setText } from "./dom.js";

const STATUS = {
  ok: "Working",
  waiting: "Linked",
  quiet: "Quiet",
  failing: "Problem",
  suspended: "Needs proof",
};
/** What is to be done at once; other advice is there for whoever asks. */
const URGENT = ["failing", "suspended"];

/** The parts of a card that tell how a session is doing and what to do about it. */
export function createHealth() {
  const advice = h("p");
  return {
    badge: h("span", { class: "badge" }),
    message: h("p"),
    advice,
    nextStep: h("details", { class: "next-step" }, h("summary", {}, "Are words missing?"), advice),
  };
}

export function showHealth({ badge, message, advice, nextStep }, health) {
  const isUrgent = URGENT.includes(health.status);
  badge.dataset.status = health.status;
  setText(badge, STATUS[health.status] ?? health.status);
  setText(message, health.message);
  setText(advice, health.nextStep ?? "");
  nextStep.hidden = !health.nextStep;
  if (nextStep.classList.toggle("urgent", isUrgent)) nextStep.open = true;
}
