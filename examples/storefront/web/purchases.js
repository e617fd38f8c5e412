/** What was bought: the log does not know it, but the shop's own book. */

import { ask } from "./server.js";

/** Learns what was bought, and more when an order is new. Gives what is known of one. */
export function followPurchases(watch, draw) {
  let known = new Map();
  const learn = async () => {
    const purchases = await ask("/api/purchases").catch(() => []);
    known = new Map(purchases.map((purchase) => [purchase.orderId, purchase]));
    draw();
  };
  watch.addEventListener("event", ({ detail }) => {
    if (!known.has(detail.data.orderId)) void learn();
  });
  void learn();
  return (orderId) => known.get(orderId);
}

/** `2 × Stoneware mug, 1 × Linen apron`; nothing of an order of which nothing is known. */
export function inShort(purchase) {
  return purchase?.items.map(({ good, count }) => `${count} × ${good.name}`).join(", ") ?? "";
}
