/** Tests that have a shop each, and share a browser. */

import { after, test } from "node:test";

import { Shop, openBrowser } from "./support.js";

/**
 * What a file of tests tells: each of its stories has a shop of its own with an order in it, Anna's
 * 42, and pages that are closed after it.
 */
export function stories() {
  // Opened by the first that is told, for there may be none.
  let chromium;
  after(async () => (await chromium)?.close());
  return function story(name, tell) {
    test(name, async () => {
      chromium ??= openBrowser();
      const { context } = await chromium;
      const shop = await Shop.open();
      try {
        await shop.create("42");
        await tell({ shop, context });
      } finally {
        await context.setOffline(false);
        for (const page of context.pages().slice(1)) await page.close();
        await context.clearCookies();
        await shop.close();
      }
    });
  };
}
