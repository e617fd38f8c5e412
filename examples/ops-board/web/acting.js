/** What a florist does with an order: a wish, said with the version that they saw. */

import { canBecome } from "./order-events-js/order-events.js";
import { ACTIONS, hideRefusal, isSure, named, showRefusal, tell } from "./desk.js";
import { askAboutConflict } from "./conflict.js";
import { at } from "./dom.js";
import { Refusal } from "./server.js";

/**
 * @typedef {object} Wish
 * @property {string} what the last part of the address
 * @property {object} body
 * @property {string} wanted in words, after "You wanted to"
 * @property {string} action what a button says that does it
 * @property {string} done in words, after "Order 42"
 * @property {(order: { status: string }) => boolean} isPossible
 */

const WANTED = {
  PROCESSING: "start processing it",
  SHIPPED: "mark it as shipped",
  DELIVERED: "mark it as delivered",
  CANCELLED: "cancel it",
  REFUNDED: "refund it",
};

/** @returns {Wish} */
export const moving = (to) => ({
  what: "status",
  body: { status: to },
  wanted: WANTED[to],
  action: ACTIONS[to],
  done: `is ${named(to)}`,
  isPossible: ({ status }) => canBecome(status, to),
});

/** @returns {Wish} */
export const assigning = (account, name) => ({
  what: "assignee",
  body: { assignee: account || null },
  wanted: account ? `give it to ${name}` : "take it from whoever has it",
  action: account ? `Give it to ${name}` : "Take it from them",
  done: account ? `is looked after by ${name}` : "is looked after by nobody",
  isPossible: () => true,
});

/**
 * What is on its way, by order: said, and not seen on the board yet. Then the version is known that
 * the board is to come to.
 *
 * @type {Map<string, number>}
 */
const pending = new Map();

/** Whether something said of an order is not on the board yet. */
export function isPending({ orderId, version }) {
  if ((pending.get(orderId) ?? 0) <= version) pending.delete(orderId);
  return pending.has(orderId);
}

/**
 * Says a wish of an order as it was seen. Where somebody else came first it says so, and asks; where
 * the shop refuses, why.
 *
 * @param {{ orderId: string, version: number }} seen
 * @param {Wish} wish
 * @param {() => void} draw shows that it is on its way, or is not any more
 */
export async function act(seen, wish, draw) {
  const { orderId } = seen;
  if (pending.has(orderId) || !(await isSure(orderId, wish.body.status))) return;
  pending.set(orderId, Number.POSITIVE_INFINITY);
  at("outcome").textContent = "";
  hideRefusal();
  draw();
  try {
    const { version } = await tell(orderId, wish.what, { ...wish.body, version: seen.version });
    pending.set(orderId, version);
    at("outcome").textContent = `Order ${orderId} ${wish.done}.`;
  } catch (refusal) {
    pending.delete(orderId);
    if (!(refusal instanceof Refusal)) throw refusal;
    await refused(seen, wish, refusal, draw);
  } finally {
    draw();
  }
}

async function refused(seen, wish, refusal, draw) {
  if (refusal.code !== "conflict") {
    return showRefusal(seen.orderId, refusal, wish.body.status);
  }
  draw();
  const now = await askAboutConflict(seen, wish);
  if (now) await act(now, wish, draw);
}
