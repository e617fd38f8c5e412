/** What a page sees while everything is well, and while it is not. */

import assert from "node:assert/strict";

import {
  hasNotes, hasState, hasStatus, isLive, openPage, sawEach, until, watchOrder, watching,
} from "./support.js";
import { stories } from "./story.js";

const story = stories();

story("an update is on the page without a reload", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.status("42", "PROCESSING", "being wrapped");
  await hasStatus(page, "PROCESSING");
  assert.deepEqual(await page.evaluate(() => notes), ["being wrapped"]);
  const timeline = await page.evaluate(() => watched.order.timeline.map(({ event }) => event));
  assert.deepEqual(timeline, ["order.created", "order.status"]);
});

story("a final order closes the watch, and is not asked for again", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.status("42", "CANCELLED", "changed my mind");
  await hasState(page, "closed");
  assert.equal(await page.evaluate(() => watched.reason), "final");
  assert.equal(await page.evaluate(() => watched.order.status), "CANCELLED");
  const requests = await shop.seen();
  assert.equal(requests.length, 1);
});

story("connections that are cut cost nothing", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.remarks("42", 1, 3);
  await hasNotes(page, "n3");
  await shop.do("cut");
  await shop.remarks("42", 4, 6);
  await sawEach(page, 1, 6);
  await isLive(page);
});

story("a server that restarts costs nothing", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await shop.do("restart");
  await shop.remarks("42", 3, 4);
  await sawEach(page, 1, 4);
  await isLive(page);
});

story("a server that lost its log resets the page", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await shop.do("down");
  await shop.do("lose");
  await shop.create("42");
  await shop.status("42", "PROCESSING");
  await shop.do("up");
  await hasStatus(page, "PROCESSING");
  await until(page, "it was reset", () => told.some(({ event }) => event === "reset"));
  assert.equal(await page.evaluate(() => watched.order.version), 2);
});

story("503 three times costs nothing", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await shop.do("refuse", { status: 503, times: 3, retryAfter: 1 });
  await shop.do("cut");
  await shop.remarks("42", 3, 5);
  await sawEach(page, 1, 5);
  await isLive(page);
  const statuses = (await shop.seen()).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 503, 503, 503, 200]);
  assert.ok(!(await page.evaluate(() => states)).includes("polling"), "a poll would be refused, too");
});

story("a network that goes and comes costs nothing", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await context.setOffline(true);
  await hasState(page, "offline");
  await shop.do("cut");
  await shop.remarks("42", 3, 5);
  await context.setOffline(false);
  await sawEach(page, 1, 5);
  await isLive(page);
});

story("a server without streaming is polled, and streams again when it can", async ({ shop, context }) => {
  for (const what of ["body", "head"]) {
    await shop.do("hold", { what });
    const page = await openPage(context, shop);
    await watchOrder(page, "42", { settings: { head: 500 } });
    await hasState(page, "polling");
    await until(page, "the order is known", () => watched.order !== undefined);
    const first = (await page.evaluate(() => watched.order.version)) + 0;
    await shop.remarks("42", first, first + 2);
    await sawEach(page, first, first + 2);
    await shop.do("hold", { what: "nothing" });
    await isLive(page);
    await shop.remarks("42", first + 3, first + 4);
    await sawEach(page, first, first + 4);
    await page.close();
  }
});
