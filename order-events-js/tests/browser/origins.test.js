/** Other origins, what is on the wire, and a browser's own EventSource. */

import assert from "node:assert/strict";

import {
  QUICK, eventually, hasNotes, hasState, isLive, openPage, sawEach, until, watchOrder, watching,
} from "./support.js";
import { stories } from "./story.js";

const story = stories();

/** A page of another origin that watches Anna's order with her cookie. */
async function elsewhere(context, shop, at, options = {}) {
  const page = await openPage(context, shop);
  await page.goto(`${at}/`);
  await watchOrder(page, "42", { base: `${shop.own}/`, credentials: "include", ...options });
  return page;
}

story("a page of an origin on the list reads along, and goes on", async ({ shop, context }) => {
  const page = await elsewhere(context, shop, shop.friend);
  await isLive(page);
  await shop.remarks("42", 1, 2);
  await hasNotes(page, "n2");
  await shop.do("cut");
  await shop.remarks("42", 3, 4);
  await sawEach(page, 1, 4);
  const requests = await shop.seen();
  assert.ok(requests.every(({ origin }) => origin === shop.friend));
  assert.notEqual(requests.at(-1).cursor, "", "it went on from its cursor");
});

story("a page of an origin on the list polls, too", async ({ shop, context }) => {
  await shop.do("hold", { what: "body" });
  const page = await elsewhere(context, shop, shop.friend);
  await hasState(page, "polling");
  await shop.remarks("42", 1, 2);
  await sawEach(page, 1, 2);
});

story("a page of another origin reads nothing", async ({ shop, context }) => {
  const page = await elsewhere(context, shop, shop.stranger);
  await until(page, "it failed", () => failures.length > 2);
  assert.deepEqual(await page.evaluate(() => ({ told, orders: [...watched.orders] })), {
    told: [],
    orders: [],
  });
});

story("nobody who redirects to another origin gets headers or cookies", async ({ shop, context }) => {
  const watch = (page, url, headerList) =>
    page.evaluate(
      async ({ url, headerList, settings }) => {
        const { watch } = await import("/js/order-events.js");
        globalThis.failures = [];
        const credentials = "include";
        globalThis.watched = watch(url, { headers: () => headerList, credentials, settings });
        watched.addEventListener("failure", ({ detail }) => failures.push(String(detail)));
      },
      { url, headerList, settings: QUICK },
    );
  const page = await openPage(context, shop);
  await watch(page, "/away/events", { authorization: "Bearer secret", "x-own": "secret" });
  await until(page, "it failed", () => failures.length > 1);
  // From another origin, where the browser could not be told to stay within one.
  await page.goto(`${shop.friend}/`);
  for (const headers of [{ authorization: "Bearer secret" }, {}]) {
    await watch(page, `${shop.own}/away/events`, headers);
    await until(page, "it failed", () => failures.length > 1);
  }
  const requests = await shop.seen();
  assert.deepEqual(requests.filter(({ at }) => at === "stranger"), []);
});

story("a redirect within the origin is followed", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  await page.evaluate(async () => {
    const { watch } = await import("/js/order-events.js");
    globalThis.watched = watch("/within/42/events");
  });
  await until(page, "the order is known", () => watched.orders.has("42"));
});

story("a customer never receives what is staff's", async ({ shop, context }) => {
  const page = await openPage(context, shop);
  // The wire itself, as the browser was given it.
  const debugging = await context.newCDPSession(page);
  const wire = [];
  await debugging.send("Network.enable");
  debugging.on("Network.dataReceived", ({ data }) => {
    if (data) wire.push(Buffer.from(data, "base64").toString());
  });
  debugging.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.mimeType !== "text/event-stream") return;
    debugging.send("Network.streamResourceContent", { requestId }).then(
      ({ bufferedData }) => wire.push(Buffer.from(bufferedData, "base64").toString()),
      () => {},
    );
  });
  await watchOrder(page, "42");
  await isLive(page);
  const sam = await openPage(context, shop, { user: "sam", at: shop.own });
  await watchOrder(sam, "42");
  await isLive(sam);
  await shop.do("publish", { kind: "note", order: "42", note: "difficult customer", public: false });
  await shop.do("publish", { kind: "assign", order: "42", assignee: "Ben" });
  await shop.remarks("42", 1, 1);
  await hasNotes(page, "n1");
  await hasNotes(sam, "n1");
  assert.ok(await sam.evaluate(() => notes.includes("difficult customer")));
  const text = wire.join("");
  assert.match(text, /"note":"n1"/, "the wire was seen");
  assert.doesNotMatch(text, /difficult|Ben|staff/);
  assert.deepEqual(await page.evaluate(() => notes), ["n1"]);
  assert.deepEqual(await page.evaluate(() => watched.order.timeline.map(({ event }) => event)), [
    "order.created",
    "order.note",
  ]);
});

/** A page with a browser's own EventSource, and no library of ours. */
async function native(context, shop) {
  const page = await openPage(context, shop);
  await page.evaluate(() => {
    globalThis.told = [];
    globalThis.source = new EventSource("/orders/42/events");
    for (const name of ["ready", "snapshot", "reset", "end", "order.note", "order.status"]) {
      source.addEventListener(name, ({ data }) => told.push([name, JSON.parse(data)]));
    }
  });
  await until(page, "it is open", () => told.some(([name]) => name === "snapshot"));
  return page;
}

const noteOf = (page) =>
  page.evaluate(() => told.filter(([name]) => name === "order.note").map(([, { note }]) => note));

story("an EventSource of the browser's own resumes", async ({ shop, context }) => {
  const page = await native(context, shop);
  await shop.remarks("42", 1, 2);
  await until(page, "n2", () => told.some(([, { note }]) => note === "n2"));
  await shop.do("cut");
  await shop.remarks("42", 3, 4);
  await until(page, "n4", () => told.some(([, { note }]) => note === "n4"));
  assert.deepEqual(await noteOf(page), ["n1", "n2", "n3", "n4"]);
  assert.equal(await page.evaluate(() => told.filter(([name]) => name === "reset").length), 0);
});

story("an EventSource of the browser's own sees a reset", async ({ shop, context }) => {
  const page = await native(context, shop);
  await shop.remarks("42", 1, 1);
  await until(page, "n1", () => told.some(([, { note }]) => note === "n1"));
  await shop.do("down");
  await shop.do("lose");
  await shop.create("42");
  await shop.do("up");
  await until(page, "reset", () => told.some(([name]) => name === "reset"));
  await until(page, "a snapshot", () => told.at(-1)[0] === "snapshot");
});

story("an EventSource of the browser's own stops after the final event", async ({ shop, context }) => {
  const page = await native(context, shop);
  await shop.status("42", "CANCELLED");
  await until(page, "it is closed", () => source.readyState === EventSource.CLOSED);
  assert.deepEqual(await page.evaluate(() => told.at(-1)), ["end", { reason: "final" }]);
  assert.deepEqual((await shop.seen()).map(({ status }) => status), [200, 204]);
});

story("an EventSource of the browser's own survives a drain", async ({ shop, context }) => {
  await shop.do("soft");
  const page = await native(context, shop);
  await shop.remarks("42", 1, 1);
  await until(page, "n1", () => told.some(([, { note }]) => note === "n1"));
  await shop.do("restart");
  await shop.remarks("42", 2, 2);
  await until(page, "n2", () => told.some(([, { note }]) => note === "n2"));
  assert.deepEqual(await noteOf(page), ["n1", "n2"]);
  const ends = await page.evaluate(() => told.filter(([name]) => name === "end"));
  assert.deepEqual(ends[0], ["end", { reason: "draining" }]);
});
