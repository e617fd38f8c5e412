/** The table of servers that misbehave, on a page of theirs. */

import { after } from "node:test";

import { openBrowser } from "./support.js";
import { playTable } from "./table.js";

const chromium = await openBrowser();
after(() => chromium.close());

playTable({
  word: "page",
  name: "on a page",
  module: "/js/order-events.js",
  async at(origin, play) {
    const page = await chromium.context.newPage();
    try {
      await page.goto(`${origin}/`);
      await play((what, given) => page.evaluate(what, given));
    } finally {
      await page.close();
    }
  },
});
