/**
 * The table of servers that misbehave, in a frame of no origin: every server is of another than it,
 * and locks are refused to it, though it asks to share its connection.
 */

import { after } from "node:test";

import { openBrowser } from "./support.js";
import { playTable } from "./table.js";

const chromium = await openBrowser();
after(() => chromium.close());

playTable({
  word: "frame",
  name: "in a frame of no origin",
  module: "/js/order-events.js",
  user: "anna",
  async at(origin, play) {
    const page = await chromium.context.newPage();
    try {
      await page.goto(`${origin}/`);
      await page.evaluate(() => {
        const frame = document.createElement("iframe");
        Object.assign(frame, { sandbox: "allow-scripts", src: "/" });
        document.body.append(frame);
      });
      const frame = await (await page.waitForSelector("iframe")).contentFrame();
      await frame.waitForFunction(() => globalThis.origin === "null" && document.title === "Shop");
      await play((what, given) => frame.evaluate(what, given));
    } finally {
      await page.close();
    }
  },
});
