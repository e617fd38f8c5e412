/** The small parts: the queue of an iterator, requests, the lifecycle's table. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { STATUSES, canBecome, isFinal, isStatus, nextStatuses, steps, watchOrder } from "../order-events.js";
import { Queue } from "../src/queue.js";
import { ask, isAnswer, retryAfter } from "../src/transport.js";

test("a queue gives what was pushed, and ends", async () => {
  const queue = new Queue({ most: 3, present: () => [] });
  const items = queue.items();
  const first = items.next();
  queue.push(1);
  assert.deepEqual(await first, { value: 1, done: false });
  queue.push(2);
  queue.end();
  assert.deepEqual(await items.next(), { value: 2, done: false });
  assert.deepEqual(await items.next(), { value: undefined, done: true });
});

test("who lags too far behind is given the present", async () => {
  const queue = new Queue({ most: 2, present: () => ["reset", "now"] });
  for (const item of [1, 2, 3, 4]) queue.push(item);
  queue.end();
  const items = [];
  for await (const item of queue.items()) items.push(item);
  assert.deepEqual(items, ["reset", "now", 4]);
});

/** What a request is made of. */
async function asked(asked, access = {}) {
  let request;
  const fetch = async (url, init) => {
    request = { url: String(url), ...init, headers: Object.fromEntries(init.headers) };
    return new Response();
  };
  const usual = { form: "stream", cursor: "", attempt: 0, wait: 0 };
  await ask(new URL("https://shop.example/events?a=b"), { ...usual, ...asked }, { fetch, ...access });
  return request;
}

test("a request says where it goes on from, which try it is, and how long it may be held", async () => {
  const { url, headers } = await asked({ form: "page", cursor: "7f3k9q.128", attempt: 3, wait: 25_000 });
  assert.equal(url, "https://shop.example/events?a=b&attempt=3&wait=25");
  assert.deepEqual(headers, { accept: "application/json", "last-event-id": "7f3k9q.128" });
  const first = await asked({});
  assert.equal(first.url, "https://shop.example/events?a=b");
  assert.deepEqual(first.headers, { accept: "text/event-stream" });
});

test("headers are asked for anew each time, and cannot be something else", async () => {
  let count = 0;
  const headers = async () => ({ authorization: `Bearer ${(count += 1)}`, accept: "text/html" });
  for (const token of ["Bearer 1", "Bearer 2"]) {
    const request = await asked({}, { headers });
    assert.equal(request.headers.authorization, token);
    assert.equal(request.headers.accept, "text/event-stream");
  }
});

test("a cursor that no header can carry is gone without", async () => {
  const none = ["", " a", "a ", "a\nb", "a\0", "é", "注文", "📦", "x".repeat(1025)];
  for (const cursor of none) {
    assert.equal((await asked({ cursor })).headers["last-event-id"], undefined, cursor);
  }
  for (const cursor of ["a", "a b", "~!", "x".repeat(1024)]) {
    assert.equal((await asked({ cursor })).headers["last-event-id"], cursor);
  }
});

test("nobody is followed from an origin that is not the page's own", async () => {
  const elsewhere = await asked({}, { credentials: "include" });
  assert.deepEqual(
    [elsewhere.redirect, elsewhere.mode, elsewhere.credentials],
    ["error", "cors", "include"],
  );
  globalThis.origin = "https://shop.example";
  // A frame of no origin has an address all the same.
  globalThis.location = new URL("https://shop.example/page");
  try {
    const own = await asked({});
    assert.deepEqual([own.redirect, own.mode, own.credentials], ["follow", "same-origin", "same-origin"]);
    globalThis.origin = "null";
    assert.equal((await asked({})).mode, "cors");
  } finally {
    delete globalThis.origin;
    delete globalThis.location;
  }
});

test("an answer is one in the form that was asked for", () => {
  const answer = (status, type) => new Response(null, { status, headers: { "content-type": type } });
  assert.ok(isAnswer(answer(200, "text/event-stream"), "stream"));
  assert.ok(isAnswer(answer(200, "Text/Event-Stream; charset=utf-8"), "stream"));
  assert.ok(isAnswer(answer(200, "application/json"), "page"));
  for (const other of ["text/html", "application/json", "text/event-streams", ""]) {
    assert.ok(!isAnswer(answer(200, other), "stream"), other);
  }
  assert.ok(!isAnswer(answer(503, "text/event-stream"), "stream"));
});

test("a time to come back is a number of seconds or a date", () => {
  const wait = (value) => retryAfter(new Response(null, { headers: { "retry-after": value } }), 0);
  assert.equal(wait("7"), 7_000);
  assert.equal(wait("0"), 0);
  assert.equal(wait("Thu, 01 Jan 1970 00:00:05 GMT"), 5_000);
  assert.equal(wait("9".repeat(30)), Number.MAX_SAFE_INTEGER);
  for (const nonsense of ["", "soon", "-", "1e3x"]) assert.equal(wait(nonsense), undefined);
});

test("the table says what may become of an order", () => {
  assert.deepEqual(steps(), ["PENDING", "PROCESSING", "SHIPPED", "DELIVERED"]);
  assert.ok(canBecome("PENDING", "PROCESSING"));
  assert.ok(!canBecome("PENDING", "SHIPPED"));
  assert.ok(!canBecome("toString", "length"));
  assert.deepEqual(nextStatuses("SHIPPED"), ["DELIVERED", "REFUNDED"]);
  assert.deepEqual(Object.keys(STATUSES).filter(isFinal), ["CANCELLED", "REFUNDED"]);
  assert.equal(STATUSES.DELIVERED.finality, "quiet");
  assert.ok(!isStatus("constructor"));
});

test("an order is watched at its own address, whatever its id", async () => {
  const addressOf = (order, base) =>
    new Promise((resolve) => {
      const fetch = async (url) => {
        resolve(String(url));
        return new Response(null, { status: 404 });
      };
      watchOrder(order, { base, fetch });
    });
  const shop = "https://shop.example";
  assert.equal(await addressOf("42", shop), `${shop}/orders/42/events`);
  assert.equal(await addressOf("a/b?c#d é", `${shop}/api`), `${shop}/api/orders/a%2Fb%3Fc%23d%20%C3%A9/events`);
  assert.throws(() => watchOrder("..", { base: shop }), TypeError);
});
