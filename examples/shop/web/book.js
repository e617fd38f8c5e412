/** What an order is of: the log does not know it, but the shop's own book. */

import { ask } from "./server.js";

/** Learns what is in the book, and more when an order is new. Gives what is known of one. */
export function followBook(path, watch, draw) {
  let known = new Map();
  const learn = async () => {
    const entries = await ask(path).catch(() => []);
    known = new Map(entries.map((entry) => [entry.orderId, entry]));
    draw();
  };
  watch.addEventListener("event", ({ detail }) => {
    if (!known.has(detail.data.orderId)) void learn();
  });
  void learn();
  return (orderId) => known.get(orderId);
}
