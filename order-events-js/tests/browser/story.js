/** Tests that have a shop each, and share a browser. */

import { after, before, test } from "node:test";

import { Shop, openBrowser } from "./support.js";

/**
 * What a file of tests tells: each of its stories has a shop of its own with an order in it, Anna's
 * 42, and pages that are closed after it.
 */
export function stories() {
  let chromium;
  before(async () => (chromium = await openBrowser()));
  after(() => chromium?.close());
  return function story(name, tell) {
    test(name, async () => {
      const shop = await Shop.open();
      try {
        await shop.create("42");
        await tell({ shop, context: chromium.context });
      } finally {
        await chromium.context.setOffline(false);
        for (const page of chromium.context.pages().slice(1)) await page.close();
        await chromium.context.clearCookies();
        await shop.close();
      }
    });
  };
}
