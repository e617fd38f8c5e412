/** What is known of orders, by cursor and version. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Orders } from "../src/orders.js";
import { settings } from "../src/settings.js";

const AT = "2026-11-21T12:00:00.123Z";

function orders({ isOneOrder = false, ...changes } = {}) {
  return new Orders({ settings: settings(changes), isOneOrder });
}

let seq = 0;
function event(event, data, cursor = `e.${(seq += 1)}`) {
  return { type: "event", event, data: { orderId: "42", timestamp: AT, ...data }, cursor };
}

function snapshot(version, more = {}) {
  const order = { orderId: "42", status: "PENDING", version, createdAt: AT, updatedAt: AT };
  return { type: "snapshot", order: { ...order, timeline: [], ...more } };
}

/** Applies all of them, and says of each whether it was news. */
const apply = (known, ...deliveries) => deliveries.map((delivery) => known.apply(delivery));

const created = (version = 1) => event("order.created", { version, status: "PENDING" });
const moved = (version, status) => event("order.status", { version, status });

test("events make an order, and what comes twice counts once", () => {
  const known = orders();
  const [first, second] = [created(), moved(2, "PROCESSING")];
  assert.deepEqual(apply(known, first, second, first, second), [true, true, false, false]);
  const order = known.all.get("42");
  assert.deepEqual([order.status, order.version, order.timeline.length], ["PROCESSING", 2, 2]);
  assert.equal(known.cursor, second.cursor);
});

test("what is not newer than what is known is dropped, whatever its cursor", () => {
  const known = orders();
  apply(known, { type: "reset", reason: "new" }, snapshot(5), { type: "position", cursor: "p" });
  assert.deepEqual(apply(known, moved(4, "SHIPPED"), moved(5, "SHIPPED")), [false, false]);
  // Versions skip what this reader may not see.
  assert.deepEqual(apply(known, moved(9, "SHIPPED")), [true]);
  assert.equal(known.all.get("42").status, "SHIPPED");
});

test("beginnings replace, and an order of its own page has no other beginning", () => {
  const customer = (version) => event("order.customer", { version, status: "PROCESSING" });
  const notes = () => [created(), event("order.note", { version: 2, note: "x" })];
  // Whoever sees all of a shop's orders knew this one before it was anybody's.
  const known = orders();
  apply(known, ...notes(), customer(3));
  const order = known.all.get("42");
  assert.deepEqual([order.timeline.length, order.version, order.status], [2, 3, "PROCESSING"]);
  // Of an order's next life a customer's page is told from there on.
  assert.deepEqual(apply(known, customer(2)), [true]);
  assert.deepEqual(known.all.get("42").timeline, []);
  const one = orders({ isOneOrder: true });
  assert.deepEqual(apply(one, ...notes(), customer(3), customer(2)), [true, true, true, false]);
  assert.equal(one.all.get("42").timeline.length, 2);
  // Forgotten, and begun again at 1.
  apply(known, created());
  assert.equal(known.all.get("42").version, 1);
});

test("a deleted order is gone, and may be created again", () => {
  const known = orders();
  apply(known, created(), event("order.deleted", { version: 2 }));
  assert.equal(known.all.size, 0);
  apply(known, created(3));
  assert.equal(known.all.get("42").version, 3);
});

test("after a reset what is not among the snapshots is gone, but not before they are all there", () => {
  const known = orders();
  apply(known, created(), event("order.created", { orderId: "43", version: 1, status: "PENDING" }));
  const before = known.all;
  apply(known, { type: "reset", reason: "behind" }, snapshot(7));
  assert.equal(known.all, before, "half a picture is none");
  assert.equal(known.isSettled, false);
  apply(known, { type: "position", cursor: "p" });
  assert.deepEqual([...known.all.keys()], ["42"]);
  assert.equal(known.isSettled, true);
  assert.equal(known.cursor, "p");
});

test("a reset that comes again begins anew", () => {
  const known = orders();
  const reset = { type: "reset", reason: "behind" };
  apply(known, reset, snapshot(1), reset, { type: "position", cursor: "p" });
  assert.equal(known.all.size, 0);
});

test("of two pages the newer version counts", () => {
  const known = orders();
  apply(known, { type: "reset", reason: "large" }, snapshot(7), snapshot(6));
  apply(known, { type: "position", cursor: "p" });
  assert.equal(known.all.get("42").version, 7);
});

test("a cursor of another log that looks like one of this is new after a reset", () => {
  const known = orders();
  apply(known, event("order.created", { version: 1, status: "PENDING" }, "e.1"));
  apply(known, { type: "reset", reason: "foreign" }, { type: "position", cursor: "e.0" });
  assert.deepEqual(apply(known, event("order.created", { version: 1 }, "e.1")), [true]);
});

test("the timeline keeps its last entries, and work stands beside it", () => {
  const known = orders({ timeline: 3 });
  apply(known, created());
  for (let version = 2; version < 9; version += 1) {
    apply(known, event("order.note", { version, note: `n${version}` }));
  }
  apply(known, event("order.progress", { version: 9, progress: 40 }));
  const { timeline, work, version } = known.all.get("42");
  assert.deepEqual(timeline.map(({ data }) => data.note), ["n6", "n7", "n8"]);
  assert.deepEqual([work.data.progress, version], [40, 9]);
});

test("kinds that are not known are told, and count as versions", () => {
  const known = orders();
  apply(known, created());
  assert.deepEqual(apply(known, event("florist.ribbon", { version: 2, data: { red: 1 } })), [true]);
  assert.equal(known.all.get("42").version, 2);
  const odd = { type: "event", event: "odd", data: "no JSON", cursor: "odd" };
  assert.deepEqual(apply(known, odd, odd), [true, false]);
});

test("a change is another map, and nothing else is", () => {
  const known = orders();
  apply(known, created());
  const before = known.all;
  apply(known, { type: "position", cursor: "later" });
  assert.equal(known.all, before);
  apply(known, moved(2, "PROCESSING"));
  assert.notEqual(known.all, before);
  assert.equal(before.get("42").version, 1);
});

test("another tab's picture is taken over whole", () => {
  const [leader, follower] = [orders(), orders()];
  apply(leader, created(), moved(2, "PROCESSING"));
  follower.adopt(structuredClone(leader.picture()));
  assert.deepEqual([...follower.all], [...leader.all]);
  assert.equal(follower.cursor, leader.cursor);
  assert.ok(follower.hasSeen(leader.cursor));
});

test("cursors are remembered up to a bound, the oldest go", () => {
  const known = orders({ remembered: 2 });
  const told = [1, 2, 3].map((version) => event("odd", { version, orderId: undefined }, `c${version}`));
  apply(known, ...told);
  assert.deepEqual(["c1", "c2", "c3"].map((cursor) => known.hasSeen(cursor)), [false, true, true]);
});
