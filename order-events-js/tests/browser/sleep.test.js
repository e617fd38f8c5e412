/** Pages that sleep, are hidden, or lose their sign-in. */

import assert from "node:assert/strict";

import {
  Background, eventually, hasNotes, hasState, isLive, openPage, sawEach, signIn, until, watchOrder,
  watching,
} from "./support.js";
import { stories } from "./story.js";

const story = stories();

story("an hour's sleep costs nothing", async ({ shop, context }) => {
  const page = await context.newPage();
  // Timers and the time of day are the test's from here on, as after closing a laptop's lid.
  await page.clock.install();
  await page.goto(`${shop.own}/`);
  await signIn(page, shop, "anna", 10 * 3_600_000);
  await watchOrder(page, "42");
  await isLive(page);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");

  const background = await Background.of(context, page);
  await background.freeze();
  await shop.do("cut");
  await shop.remarks("42", 3, 5);
  assert.equal(await page.evaluate(() => notes.length), 2);
  // Of a page that is frozen the clock moves when it wakes.
  const later = page.clock.fastForward("01:00:00");
  await background.resume();
  await later;

  await sawEach(page, 1, 5);
  await isLive(page);
});

story("a stream that sleep left silent is first doubted, then given up", async ({ shop, context }) => {
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${shop.own}/`);
  await signIn(page, shop, "anna", 10 * 3_600_000);
  await watchOrder(page, "42");
  await isLive(page);
  // What a proxy in between does to a connection that it has forgotten: nothing arrives any more,
  // and nobody is told.
  await page.evaluate(() => {
    const read = ReadableStreamDefaultReader.prototype.read;
    globalThis.silence = true;
    ReadableStreamDefaultReader.prototype.read = function () {
      return globalThis.silence ? new Promise(() => {}) : read.call(this);
    };
  });
  await until(page, "it is doubted", () => watched.state === "stale");
  await shop.remarks("42", 1, 2);
  await page.evaluate(() => (globalThis.silence = false));
  await page.clock.fastForward("01:00:00");
  await sawEach(page, 1, 2);
  await isLive(page);
});

story("a hidden page goes on", async ({ shop, context }) => {
  const page = await watching(context, shop);
  await Background.of(context, page);
  await shop.remarks("42", 1, 2);
  await sawEach(page, 1, 2);
  assert.deepEqual(await page.evaluate(() => states), ["live"]);
});

story("an expired session is refreshed once, and goes on", async ({ shop, context }) => {
  const page = await openPage(context, shop, { millis: 1_500 });
  const refreshAt = `${shop.own}/sign-in?user=anna&millis=3600000`;
  await watchOrder(page, "42", { refreshAt });
  await isLive(page);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await until(page, "it was refreshed", () => globalThis.refreshes === 1);
  await shop.remarks("42", 3, 4);
  await sawEach(page, 1, 4);
  await isLive(page);
  assert.equal(await page.evaluate(() => globalThis.refreshes), 1);
  const statuses = (await shop.seen()).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 401, 200]);
});

story("whom a refresh does not help is not let in, and asks no more", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  // Somebody signs in, but nobody whose order it is; then nobody does.
  await watchOrder(page, "42", { refreshAt: `${shop.own}/nowhere` });
  await isLive(page);
  await shop.do("signOut");
  await hasState(page, "closed");
  assert.equal(await page.evaluate(() => watched.reason), "unauthenticated");
  assert.equal(await page.evaluate(() => globalThis.refreshes), 1);
  await eventually("nobody watches", async () => (await shop.streams()).length === 0);
});

story("an order of somebody else's is not found, and not asked for again", async ({ shop, context }) => {
  await shop.create("43", "ben");
  const page = await openPage(context, shop);
  await watchOrder(page, "43");
  await hasState(page, "closed");
  assert.equal(await page.evaluate(() => watched.reason), "not-found");
  const rejected = page.evaluate(async () => {
    for await (const _ of watched);
  });
  await assert.rejects(rejected, /refuses this watch: not-found/);
  assert.deepEqual((await shop.seen()).map(({ status }) => status), [404]);
});
