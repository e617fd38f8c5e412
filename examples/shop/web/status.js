/** Orders in a list: their place, and their status as a chip. */

import { element, icon } from "./dom.js";
import { face } from "./words.js";

export function chip(status) {
  const { label, color, icon: name } = face(status);
  return element("span", { class: "chip", "data-color": color }, icon(name), label);
}

/** By their numbers, so that none moves while somebody points at it. */
export function latestFirst(orders) {
  return [...orders.values()].sort((one, other) => Number(other.orderId) - Number(one.orderId));
}
