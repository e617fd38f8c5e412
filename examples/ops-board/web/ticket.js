/** What an order is of, when it is due, and who looks after it. */

import { element, icon } from "./dom.js";

/** Statuses in which nobody waits at the door any more. */
const ARRIVED = ["DELIVERED", "CANCELLED", "REFUNDED"];

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** `2 × Tulip bunch, 1 × Glass vase`. */
export const inShort = ({ items }) => items.map(({ count, name }) => `${count} × ${name}`).join(", ");

/** When it is to be at the door, with the day where that is not today; and whether it is over. */
export function due({ due }, { status }) {
  const when = new Date(due);
  const isLate = !ARRIVED.includes(status) && when < new Date();
  const isToday = when.toDateString() === new Date().toDateString();
  const day = isToday ? "" : `${DAY.format(when)}, `;
  const at = element("time", { datetime: due }, day + CLOCK.format(when));
  return element("span", { class: "due", "data-late": isLate }, icon("clock"), at, isLate && " late");
}

/** Who looks after it, by name. */
export function assignee({ timeline }) {
  return timeline.findLast(({ event }) => event === "order.assigned")?.data.assignee;
}
