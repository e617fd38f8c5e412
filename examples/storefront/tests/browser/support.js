/** What the tests in a browser share: the storefront's people and orders. */

import * as pages from "../../../tests/browser/support.js";
import { reads } from "../../../tests/browser/support.js";

export { findings, focused, holdBack, isTooWide, reads, tabTo } from "../../../tests/browser/support.js";

/** The program, and who has an account. */
export const STOREFRONT = {
  variable: "STOREFRONT",
  people: { anna: "Anna Berg", ben: "Ben Okoro", sam: "Sam Lindqvist", rita: "Rita Novak" },
};

/** One of each status, all of them Anna's. */
export const ORDERS = {
  PENDING: "1048",
  PROCESSING: "1046",
  SHIPPED: "1045",
  DELIVERED: "1044",
  CANCELLED: "1042",
  REFUNDED: "1041",
};

export const stories = () => pages.stories(STOREFRONT);

/** A page that follows one of the orders, live. */
export async function following(shop, user, order, options) {
  const page = await shop.visit(user, options);
  await page.goto(`${shop.at}/orders/${order}`);
  await reads(page, "#connection", "Live");
  return page;
}

/** A desk where one of the orders is worked on. */
export async function working(shop, user, order, options) {
  const page = await shop.visit(user, options);
  await page.goto(`${shop.at}/staff#order/${order}`);
  await reads(page, "#connection", "Live");
  await reads(page, "#detail-title", `Order ${order}`);
  return page;
}
