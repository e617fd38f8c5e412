/** What a florist does with an order: a wish, said with the version that they saw. */

import { canBecome } from "./order-events-js/order-events.js";
import { ACTIONS, hideRefusal, isSure, named, showRefusal } from "./desk.js";
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
 * Says a wish of an order as it was seen. Where somebody else came first it says so, and asks; where
 * the shop refuses, why. Gives whether nothing is left of the wish: it is done, or was given up.
 *
 * @param {{ orderId: string, version: number }} seen
 * @param {Wish} wish
 * @param {import("./underway.js").UnderWay} underWay
 * @returns {Promise<boolean>}
 */
export async function act(seen, wish, underWay) {
  const { orderId } = seen;
  if (underWay.has(seen) || !(await isSure(orderId, wish.body.status))) return false;
  at("outcome").textContent = "";
  hideRefusal();
  try {
    await underWay.step(seen, wish.what, wish.body);
    at("outcome").textContent = `Order ${orderId} ${wish.done}.`;
    return true;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (refusal.code === "conflict") return overtaken(seen, wish, underWay);
    showRefusal(orderId, refusal, wish.body.status);
    return false;
  }
}

async function overtaken(seen, wish, underWay) {
  const now = await askAboutConflict(seen, wish);
  return now ? act(now, wish, underWay) : true;
}
