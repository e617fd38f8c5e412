/** What orders are of: the log does not know it, but the shop's own book. */

import { Refusal, ask } from "./server.js";

/** How long to wait before a book that could not be read is asked again; it doubles … */
const AGAIN = 1000;
/** … up to this. */
const MOST = 30_000;

/**
 * Learns what is in the book, and more when there is an order that it does not know yet. Gives what
 * is known of one.
 */
export function followBook(path, watch, draw) {
  const known = new Map();
  /** Orders of which the book had nothing to say. */
  const absent = new Set();
  const isNew = (orderId) => !known.has(orderId) && !absent.has(orderId);
  let isLearning = false;
  let wait = AGAIN;
  let timer;

  async function learn() {
    if (isLearning) return;
    isLearning = true;
    clearTimeout(timer);
    try {
      // At least once, and again for what came while it was asked.
      do {
        const orders = [...watch.orders.keys()];
        for (const entry of await ask(path)) known.set(entry.orderId, entry);
        for (const orderId of orders) if (!known.has(orderId)) absent.add(orderId);
        wait = AGAIN;
        draw();
      } while ([...watch.orders.keys()].some(isNew));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      timer = setTimeout(() => void learn(), wait);
      wait = Math.min(wait * 2, MOST);
    } finally {
      isLearning = false;
    }
  }

  watch.addEventListener("change", () => {
    if ([...watch.orders.keys()].some(isNew)) void learn();
  });
  void learn();
  return (orderId) => known.get(orderId);
}
