import { h, setText } from "./dom.js";

const STATUS = {
  ok: "Working",
  waiting: "Waiting",
  quiet: "Quiet",
  failing: "Problem",
  suspended: "Needs proof",
};

/** The parts of a card that tell how a session is doing and what to do about it. */
export function createHealth() {
  return { badge: h("span", { class: "badge" }), message: h("p"), nextStep: h("p", { class: "next-step" }) };
}

export function showHealth({ badge, message, nextStep }, health) {
  badge.dataset.status = health.status;
  setText(badge, STATUS[health.status] ?? health.status);
  setText(message, health.message);
  setText(nextStep, health.nextStep ?? "");
  nextStep.hidden = !health.nextStep;
}
