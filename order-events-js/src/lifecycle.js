/**
 * What may become of an order, and what a page shows of it. The table is the server's own, generated
 * from it; the server decides, and this lets a page draw the steps and offer no move in vain.
 */

import { STATUSES } from "./statuses.js";

/** @import { OrderStatus } from "../events.js" */

/**
 * @typedef {object} Face what a page shows of a status
 * @property {string} label
 * @property {string} description a sentence for the customer
 * @property {number | null} step on a progress bar, from 1; none where the status is off the way
 * @property {"neutral" | "info" | "progress" | "success" | "warning" | "danger"} color a role
 * @property {string} icon the name of one
 * @property {"open" | "quiet" | "final"} finality
 * @property {readonly OrderStatus[]} next what it may become
 */

export { STATUSES };

/** Whether this is a status that the table has. @param {unknown} status @returns {status is OrderStatus} */
export function isStatus(status) {
  return typeof status === "string" && Object.hasOwn(STATUSES, status);
}

/** What an order may become. Nothing, where the table does not have its status. @param {string} status */
export function nextStatuses(status) {
  return isStatus(status) ? STATUSES[status].next : [];
}

/** Whether an order may become that. @param {string} from @param {string} to */
export function canBecome(from, to) {
  return nextStatuses(from).some((status) => status === to);
}

/** Whether nothing can follow. @param {string} status */
export function isFinal(status) {
  return isStatus(status) && STATUSES[status].finality === "final";
}

/** The statuses on the way, in the order of their steps. @returns {OrderStatus[]} */
export function steps() {
  const tokens = /** @type {OrderStatus[]} */ (Object.keys(STATUSES));
  const onTheWay = tokens.filter((token) => STATUSES[token].step !== null);
  return onTheWay.sort((one, other) => Number(STATUSES[one].step) - Number(STATUSES[other].step));
}
