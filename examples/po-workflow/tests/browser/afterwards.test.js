/** What whoever comes late, or was away, sees of the imports. */

import assert from "node:assert/strict";

import { isOver, isTooWide, reads, stage, stories, watching } from "./support.js";

const story = stories(50);

story("a page that is opened when all is over tells what every stage found", async (shop) => {
  await isOver(await watching(shop));
  const late = await watching(shop);
  await isOver(late);
  await stage(late, "PO-4711", "ai-parsing").filter({ hasText: "12 line items, 97 % sure" }).waitFor();
  await stage(late, "PO-4711", "database-save").filter({ hasText: "12 rows saved" }).waitFor();
  await reads(late, ".import", "Harbour Bakery, 5 pages");
  assert.equal(await late.locator(".toast").count(), 0, "what is past is no news");
});

story("where the past cannot be had, the bars stand where they are", async (shop) => {
  const page = await shop.look();
  await page.route("**/beginning", (route) => route.abort());
  await page.goto(shop.at);
  await isOver(page);
  const late = await shop.look();
  await late.route("**/beginning", (route) => route.abort());
  await late.goto(shop.at);
  await isOver(late);
  const bars = await late.getByRole("progressbar").evaluateAll((all) => all.map(({ value }) => value));
  assert.deepEqual(bars, Array(12).fill(100));
});

story("a page that was without a network misses nothing", async (shop) => {
  const page = await watching(shop);
  await page.context().setOffline(true);
  await reads(page, "#connection", "Offline");
  // Meanwhile it goes on.
  await isOver(await watching(shop));
  await page.context().setOffline(false);
  await reads(page, "#connection", "Live");
  await isOver(page);
  await stage(page, "PO-4714", "ai-parsing").filter({ hasText: "18 line items, 94 % sure" }).waitFor();
});

story("nothing is wider than a phone", async (shop) => {
  const page = await watching(shop, { viewport: { width: 320, height: 640 } });
  await isOver(page);
  assert.equal(await isTooWide(page), false);
});
