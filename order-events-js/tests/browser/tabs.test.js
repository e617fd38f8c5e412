/** Several tabs, one connection. */

import assert from "node:assert/strict";

import {
  Background, QUICK, eventually, hasNotes, hasState, isLive, openPage, sawEach, until, watchOrder, watching,
} from "./support.js";
import { stories } from "./story.js";

const story = stories();

/** Tabs of Anna's that watch her order together. */
async function tabs(context, shop, count) {
  const pages = [];
  for (let number = 0; number < count; number += 1) {
    pages.push(await watching(context, shop, { user: "anna" }));
  }
  return pages;
}

async function isOne(shop) {
  await eventually("there is one stream", async () => (await shop.streams()).length === 1);
}

/** Whoever is gone had led, so that another has to connect. */
async function connects(shop) {
  await eventually("another connects", async () => (await shop.seen()).length > 0);
}

story("eight tabs of a user hold one connection, and all are told", async ({ shop, context }) => {
  const pages = await tabs(context, shop, 8);
  await isOne(shop);
  await shop.remarks("42", 1, 3);
  await shop.status("42", "PROCESSING", "n4");
  for (const page of pages) {
    await sawEach(page, 1, 4);
    assert.equal(await page.evaluate(() => watched.order.status), "PROCESSING");
  }
  await isOne(shop);
  assert.equal((await shop.seen()).length, 1);
});

story("the leading tab's end loses nothing, gentle or not", async ({ shop, context }) => {
  const pages = await tabs(context, shop, 8);
  await shop.remarks("42", 1, 2);
  for (const page of pages) await hasNotes(page, "n2");
  assert.equal((await shop.seen()).length, 1);
  // Closed.
  await pages.shift().close();
  await shop.remarks("42", 3, 4);
  for (const page of pages) await sawEach(page, 1, 4);
  await connects(shop);
  // Killed.
  const killed = pages.shift();
  const debugging = await context.newCDPSession(killed);
  const crashed = killed.waitForEvent("crash");
  debugging.send("Page.crash").catch(() => {});
  await crashed;
  await shop.remarks("42", 5, 6);
  for (const page of pages) {
    await sawEach(page, 1, 6);
    await isLive(page);
  }
  await isOne(shop);
  await connects(shop);
});

story("watches on one page share a connection, too", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  await page.evaluate(async (settings) => {
    const { watchOrder } = await import("/js/order-events.js");
    globalThis.heard = [[], []];
    globalThis.watches = heard.map((notes) => {
      const onEvent = ({ data }) => notes.push(data.note);
      return watchOrder("42", { user: "anna", settings, onEvent });
    });
  }, QUICK);
  await until(page, "both are live", () => watches.every(({ state }) => state === "live"));
  await isOne(shop);
  await shop.remarks("42", 1, 2);
  await until(page, "both were told", () => heard.every((notes) => notes.length === 2));
  await page.evaluate(() => watches[0].close());
  await shop.remarks("42", 3, 4);
  await until(page, "the other goes on", () => heard[1].length === 4);
  assert.deepEqual(await page.evaluate(() => heard), [["n1", "n2"], ["n1", "n2", "n3", "n4"]]);
  await isOne(shop);
});

story("a leading tab that is frozen is replaced, and catches up", async ({ shop, context }) => {
  const [leader, other] = await tabs(context, shop, 2);
  await shop.remarks("42", 1, 2);
  for (const page of [leader, other]) await hasNotes(page, "n2");
  const background = await Background.of(context, leader);
  await background.freeze();
  await shop.do("cut");
  await shop.remarks("42", 3, 4);
  await sawEach(other, 1, 4);
  assert.ok(await leader.evaluate(() => globalThis.isFrozen), "it is frozen still");
  await background.resume();
  await sawEach(leader, 1, 4);
  await shop.remarks("42", 5, 6);
  for (const page of [leader, other]) await sawEach(page, 1, 6);
  await isOne(shop);
});

story("whoever leads next shows its own state, not what it was told", async ({ shop, context }) => {
  const [leader, ...others] = await tabs(context, shop, 3);
  await shop.do("refuse", { status: 503, times: 3, retryAfter: 1 });
  await leader.close();
  for (const page of others) {
    await until(page, "it was not connected", () => states.includes("connecting"));
    await isLive(page);
  }
});

story("a tab that comes later knows what the others know", async ({ shop, context }) => {
  await tabs(context, shop, 1);
  await shop.status("42", "PROCESSING", "being wrapped");
  const page = await openPage(context, shop);
  await watchOrder(page, "42", { user: "anna" });
  await until(page, "it knows", () => watched.order?.status === "PROCESSING");
  assert.equal(await page.evaluate(() => watched.order.timeline.length), 2);
  assert.deepEqual(await page.evaluate(() => told), []);
  await isLive(page);
  await isOne(shop);
});

story("what ends for one tab ends for all", async ({ shop, context }) => {
  const pages = await tabs(context, shop, 3);
  await shop.status("42", "CANCELLED", "n1");
  for (const page of pages) {
    await hasState(page, "closed");
    await sawEach(page, 1, 1);
    assert.equal(await page.evaluate(() => watched.reason), "final");
  }
  // The lock may be free before the last word is heard; whoever takes it then is told the same.
  const [first, ...others] = (await shop.seen()).map(({ status }) => status);
  assert.equal(first, 200);
  assert.ok(others.every((status) => status === 204));
});

story("tabs that do not say who is signed in share nothing", async ({ shop, context }) => {
  const pages = [await watching(context, shop), await watching(context, shop)];
  assert.equal((await shop.streams()).length, 2);
  await shop.remarks("42", 1, 1);
  for (const page of pages) await sawEach(page, 1, 1);
});

story("tabs of two users share nothing", async ({ shop, context }) => {
  await watching(context, shop, { user: "anna" });
  const sam = await openPage(context, shop, { user: "sam" });
  await watchOrder(sam, "42", { user: "sam" });
  await isLive(sam);
  assert.deepEqual((await shop.streams()).sort(), ["anna", "sam"]);
});

story("where there are no locks each tab has its own", async ({ shop, context }) => {
  const pages = [];
  for (let number = 0; number < 2; number += 1) {
    const page = await openPage(context, shop);
    await page.evaluate(() => Object.defineProperty(navigator, "locks", { value: undefined }));
    await watchOrder(page, "42", { user: "anna" });
    await isLive(page);
    pages.push(page);
  }
  assert.equal((await shop.streams()).length, 2);
  await shop.remarks("42", 1, 1);
  for (const page of pages) await sawEach(page, 1, 1);
});
