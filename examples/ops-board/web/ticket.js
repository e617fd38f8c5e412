/** What an order is of, when it is due, and who looks after it. */

import { element, icon } from "./dom.js";

/** Statuses in which nobody waits at the door any more. */
const ARRIVED = ["DELIVERED", "CANCELLED", "REFUNDED"];

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** `2 × Tulip bunch, 1 × Glass vase`. */
export const inShort = ({ items }) => items.map(({ count, name }) => `${count} × ${name}`).join(", ");

/** When it is to be at the door, and whether that is over. */
export function due({ due }, { status }) {
  const isLate = !ARRIVED.includes(status) && Date.parse(due) < Date.now();
  const at = element("time", { datetime: due }, CLOCK.format(new Date(due)));
  return element("span", { class: "due", "data-late": isLate }, icon("clock"), at, isLate && " late");
}

/** Who looks after it, by name. */
export function assignee({ timeline }) {
  return timeline.findLast(({ event }) => event === "order.assigned")?.data.assignee;
}
