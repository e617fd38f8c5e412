/** The steps of an order, and how far it is; or how far it had come when it ended. */

import { STATUSES, steps } from "./order-events-js/order-events.js";
import { element, icon, time } from "./dom.js";
import { face } from "./words.js";

const SAID = { done: "done", current: "now", todo: "to come", missed: "not reached" };

export function drawTracker(list, order) {
  const reached = reachedAt(order);
  const current = face(order.status).step;
  const of = (status) => {
    const { step } = STATUSES[status];
    if (current === null) return reached.has(status) ? "done" : "missed";
    return step < current ? "done" : step === current ? "current" : "todo";
  };
  list.toggleAttribute("data-ended", current === null);
  list.replaceChildren(...steps().map((status) => step(status, of(status), reached.get(status))));
}

function step(status, state, at) {
  const { label, icon: name } = STATUSES[status];
  // A check would look like one that is done.
  const ahead = name === "check" ? "home" : name;
  const picture = { done: "check", current: name }[state] ?? ahead;
  const said = element("span", { class: "visually-hidden" }, `, ${SAID[state]}`);
  return element(
    "li",
    { "data-state": state, "aria-current": state === "current" && "step" },
    element("span", { class: "mark" }, icon(picture)),
    element("span", { class: "label" }, label, said),
    at ? element("span", { class: "when" }, time(at)) : undefined,
  );
}

/** When each status was reached, as far as the timeline goes back. */
function reachedAt({ timeline }) {
  const told = timeline.filter(({ data }) => data.status !== undefined);
  return new Map(told.map(({ data }) => [data.status, data.timestamp]));
}
