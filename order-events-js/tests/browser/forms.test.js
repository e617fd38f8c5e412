/** The forms in which a watch tells, in a browser. */

import assert from "node:assert/strict";

import { QUICK, eventually, isLive, openPage, until } from "./support.js";
import { stories } from "./story.js";

const story = stories();

story("callbacks, events and an iterator tell the same, each once", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  await page.evaluate(async (settings) => {
    const { watchOrder } = await import("/js/order-events.js");
    globalThis.told = { callback: [], listener: [], iterator: [] };
    const watch = (globalThis.watched = watchOrder("42", {
      settings,
      onEvent: ({ event }) => {
        told.callback.push(event);
        throw new Error("the page's own, which stops nothing");
      },
    }));
    watch.addEventListener("event", ({ detail }) => told.listener.push(detail.event));
    globalThis.over = (async () => {
      for await (const { type, event } of watch) told.iterator.push(event ?? type);
    })();
  }, QUICK);
  page.removeAllListeners("pageerror");
  await isLive(page);
  await shop.status("42", "PROCESSING");
  await shop.status("42", "REFUNDED");
  await page.evaluate(() => over);
  assert.deepEqual(await page.evaluate(() => told), {
    callback: ["order.status", "order.status"],
    listener: ["order.status", "order.status"],
    iterator: ["snapshot", "order.status", "order.status"],
  });
});

story("a signal closes a watch, before it begins, too", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  await page.evaluate(async (settings) => {
    const { watchOrder } = await import("/js/order-events.js");
    globalThis.stop = new AbortController();
    globalThis.watched = watchOrder("42", { settings, signal: stop.signal });
  }, QUICK);
  await isLive(page);
  await page.evaluate(() => stop.abort());
  assert.equal(await page.evaluate(() => watched.state), "closed");
  assert.equal(await page.evaluate(() => watched.reason), "closed");
  await eventually("nobody watches", async () => (await shop.streams()).length === 0);
  const late = await page.evaluate(async () => {
    const { watchOrder } = await import("/js/order-events.js");
    return watchOrder("42", { signal: AbortSignal.abort() }).state;
  });
  assert.equal(late, "closed");
});

story("a watch that is closed in the midst of what came together tells no more", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  for (const what of ["nothing", "body"]) {
    await shop.do("hold", { what });
    await page.evaluate(async (settings) => {
      const { watchOrder } = await import("/js/order-events.js");
      globalThis.told = [];
      globalThis.watched = watchOrder("42", {
        settings,
        onEvent: ({ data }, watch) => {
          told.push(data.note);
          watch.close();
        },
      });
    }, QUICK);
    await until(page, "the order is known", () => watched.order !== undefined);
    await shop.do("down");
    await shop.remarks("42", 1, 3);
    await shop.do("up");
    await until(page, "it is closed", () => watched.state === "closed");
    await eventually("nobody watches", async () => (await shop.streams()).length === 0);
    assert.deepEqual(await page.evaluate(() => told), ["n1"]);
  }
});

story("staff watch all orders of the shop, and see each by its id", async ({ shop, context }) => {
  await shop.create("43", "ben");
  const page = await openPage(context, shop, { user: "sam" });
  await page.evaluate(async (settings) => {
    const { watch } = await import("/js/order-events.js");
    globalThis.watched = watch("/events", { settings });
  }, QUICK);
  await isLive(page);
  await until(page, "both are there", () => watched.orders.size === 2);
  await shop.status("43", "PROCESSING");
  await until(page, "it moved", () => watched.orders.get("43").status === "PROCESSING");
  await shop.do("publish", { kind: "delete", order: "42" });
  await until(page, "it is gone", () => !watched.orders.has("42"));
  assert.equal(await page.evaluate(() => watched.order), undefined);
});

story("more orders than come inline are paged", async ({ shop, context }) => {
  for (let order = 0; order < 300; order += 1) await shop.create(`o${order}`);
  const page = await openPage(context, shop, { user: "sam" });
  await page.evaluate(async (settings) => {
    const { watch } = await import("/js/order-events.js");
    globalThis.watched = watch("/events", { settings });
  }, QUICK);
  await until(page, "all are there", () => watched.orders.size === 301);
  await isLive(page);
  await shop.status("o7", "PROCESSING");
  await until(page, "it moved", () => watched.orders.get("o7").status === "PROCESSING");
  // And by polling.
  await shop.do("hold", { what: "body" });
  await page.evaluate(async (settings) => {
    const { watch } = await import("/js/order-events.js");
    globalThis.watched = watch("/events", { settings });
  }, QUICK);
  await until(page, "all are there", () => watched.orders.size === 301);
  assert.equal(await page.evaluate(() => watched.state), "polling");
});
