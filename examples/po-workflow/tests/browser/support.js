/** What the tests in a browser share: the program, and what comes of the order that fails once. */

import * as pages from "../../../tests/browser/support.js";
import { reads } from "../../../tests/browser/support.js";

export { findings, isTooWide, reads } from "../../../tests/browser/support.js";

/** The program, whose steps take so many milliseconds each: the failed one is seen for ten of them. */
export const program = (pace) => ({ variable: "PO_WORKFLOW", people: {}, secrets: { PACE: `${pace}` } });

export const stories = (pace) => pages.stories(program(pace));

/** A page that is open from the beginning. */
export async function watching(shop, options) {
  const page = await shop.look(options);
  await page.goto(shop.at);
  await reads(page, "#connection", "Live");
  return page;
}

/** A stage of an order, on the page. */
export const stage = (page, order, name) =>
  page.locator(".import", { hasText: order }).locator(`[data-stage=${name}]`);

/** Waits until every order is in the shop. */
export async function isOver(page) {
  for (const order of ["PO-4711", "PO-4712", "PO-4713", "PO-4714"]) {
    await stage(page, order, "shop-sync").and(page.locator("[data-state=completed]")).waitFor();
  }
}
