/** What was bought, in words. */

/** `2 × Stoneware mug, 1 × Linen apron`; nothing of an order of which nothing is known. */
export function inShort(purchase) {
  return purchase?.items.map(({ good, count }) => `${count} × ${good.name}`).join(", ") ?? "";
}
