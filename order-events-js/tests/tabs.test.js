/** Tabs among themselves, with locks and channels that do what the test says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Orders } from "../src/orders.js";
import { settings } from "../src/settings.js";
import { Tabs } from "../src/tabs.js";

/** A browser: a lock, a channel and a clock for all its tabs. */
class World {
  now = 0;
  timers = new Set();
  tabs = [];
  queue = [];
  holder;
  /** Whom nothing reaches at the moment. */
  deaf = new Set();
  /** Why no lock is given to anybody, where there are none. */
  refusal;
  /** Whose timers do not run, though words reach them. */
  frozen = new Set();

  /** Opens a tab; its lock may be granted at once. */
  open(name) {
    const tab = new Tab(this, name);
    this.tabs.push(tab);
    tab.start();
    return tab;
  }

  request(tab, { steal, signal }, granted) {
    if (this.refusal) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      const place = { tab, granted, resolve, reject };
      signal?.addEventListener("abort", () => {
        this.queue = this.queue.filter((other) => other !== place);
        reject(new DOMException("left the queue", "AbortError"));
      });
      if (steal) {
        const before = this.holder;
        this.holder = undefined;
        before?.reject(new DOMException("stolen", "AbortError"));
        this.queue.unshift(place);
      } else {
        this.queue.push(place);
      }
      this.grant();
    });
  }

  grant() {
    if (this.holder || this.queue.length === 0) return;
    const place = (this.holder = this.queue.shift());
    Promise.resolve(place.granted()).then(() => {
      if (this.holder !== place) return;
      this.holder = undefined;
      place.resolve();
      this.grant();
    });
  }

  post(from, word) {
    const data = structuredClone(word);
    for (const tab of this.tabs) {
      if (tab !== from && !tab.isGone && !this.deaf.has(tab)) tab.channel.onmessage({ data });
    }
  }

  /** A tab that ends without a word. */
  kill(tab) {
    tab.isGone = true;
    if (this.holder?.tab !== tab) return;
    this.holder = undefined;
    this.grant();
  }

  /** Lets time pass, one timer after the other. */
  async pass(span) {
    const end = this.now + span;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.now = Math.max(this.now, due.at);
      const rests = due.tab.isGone || this.deaf.has(due.tab) || this.frozen.has(due.tab);
      if (!rests) due.then();
      await settled();
    }
    this.now = end;
  }
}

class Tab {
  isGone = false;
  isLeading = false;
  heard = [];
  resets = 0;
  state = "connecting";

  constructor(world, name) {
    this.world = world;
    this.name = name;
    this.orders = new Orders({ settings: settings(), isOneOrder: true });
    this.channel = { postMessage: (word) => world.post(this, word), close: () => {} };
  }

  start() {
    const { world, orders } = this;
    this.tabs = new Tabs({
      key: "k",
      settings: settings(),
      clock: {
        now: () => world.now,
        random: Math.random,
        setTimeout: (then, after) => {
          const timer = { then, at: world.now + after, tab: this };
          world.timers.add(timer);
          return timer;
        },
        clearTimeout: (timer) => world.timers.delete(timer),
      },
      locks: { request: (_, options, granted) => world.request(this, options, granted) },
      channel: this.channel,
      member: {
        lead: () => (this.isLeading = true),
        follow: () => (this.isLeading = false),
        cursor: () => orders.cursor,
        isSettled: () => orders.isSettled,
        picture: () => orders.picture(),
        state: () => this.state,
        delivery: (delivery) => this.apply(delivery),
        adopt: (picture) => {
          if (orders.hasSeen(picture.cursor)) return;
          if (orders.cursor !== "") this.resets += 1;
          orders.adopt(picture);
        },
        mirror: (state) => (this.state = state),
        closed: (reason) => {
          this.reason = reason;
          this.tabs.close();
        },
      },
    });
    this.tabs.start();
  }

  apply(delivery) {
    if (this.orders.apply(delivery) && delivery.type === "event") this.heard.push(delivery.data.version);
  }

  /** Its connection tells something. */
  told(delivery) {
    const before = this.orders.cursor;
    this.apply(delivery);
    this.tabs.tell({ before, delivery });
  }

  begin() {
    this.told({ type: "reset", reason: "new" });
    this.told({ type: "position", cursor: "c.0" });
  }

  /** … or these versions, each. */
  events(...versions) {
    for (const version of versions) {
      const data = { orderId: "42", version, timestamp: "" };
      this.told({ type: "event", event: "order.note", data, cursor: `c.${version}` });
    }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function three() {
  const world = new World();
  const tabs = [world.open("a"), world.open("b"), world.open("c")];
  await settled();
  tabs[0].begin();
  return [world, ...tabs];
}

test("one leads, and the others hear what it is told", async () => {
  const [, a, b, c] = await three();
  assert.deepEqual([a, b, c].map(({ isLeading }) => isLeading), [true, false, false]);
  a.events(1, 2);
  for (const tab of [a, b, c]) assert.deepEqual(tab.heard, [1, 2]);
});

test("who comes before there is a picture is given it when it is there", async () => {
  const world = new World();
  const a = world.open("a");
  a.told({ type: "reset", reason: "new" });
  a.told({ type: "snapshot", order: { orderId: "41", version: 7, timeline: [] } });
  const b = world.open("b");
  await settled();
  assert.equal(b.orders.cursor, "");
  a.told({ type: "position", cursor: "c.0" });
  assert.deepEqual([...b.orders.all.keys()], ["41"]);
  a.events(1);
  assert.deepEqual([b.orders.cursor, b.heard], ["c.1", [1]]);
});

test("who missed a word is given what came after it", async () => {
  const [world, a, b] = await three();
  a.events(1);
  world.deaf.add(b);
  a.events(2, 3);
  world.deaf.delete(b);
  a.events(4);
  assert.deepEqual([b.heard, b.resets], [[1, 2, 3, 4], 0]);
});

test("who missed more than is kept is reset, and not left with a hole", async () => {
  const [world, a, b] = await three();
  world.deaf.add(b);
  a.events(...Array.from({ length: 2_000 }, (_, place) => place + 1));
  world.deaf.delete(b);
  a.events(2_001);
  assert.deepEqual([b.resets, b.heard, b.orders.cursor], [1, [], "c.2001"]);
});

test("who missed the beginning of a beginning is not begun in the middle of it", async () => {
  const [world, a, b] = await three();
  a.events(1);
  world.deaf.add(b);
  a.told({ type: "reset", reason: "large" });
  for (let order = 0; order < 1_100; order += 1) {
    const snapshot = { orderId: `o${order}`, version: 1, timeline: [] };
    a.told({ type: "snapshot", order: snapshot });
  }
  a.told({ type: "position", cursor: "c.9" });
  world.deaf.delete(b);
  a.events(10);
  assert.equal(b.resets, 1);
  assert.deepEqual([...b.orders.all.keys()], [...a.orders.all.keys()]);
});

test("whoever leads next goes on from what it has come to itself", async () => {
  const [world, a, b, c] = await three();
  a.events(1);
  // The last word before its end reaches only one of the others.
  world.deaf.add(b);
  a.events(2);
  world.kill(a);
  world.deaf.delete(b);
  await settled();
  assert.ok(b.isLeading);
  assert.equal(b.orders.cursor, "c.1", "from where its connection goes on");
  b.events(2, 3);
  assert.deepEqual([b.heard, c.heard, c.resets], [[1, 2, 3], [1, 2, 3], 0]);
});

test("a leader that does not answer is replaced, and follows when it is back", async () => {
  const [world, a, b, c] = await three();
  a.events(1);
  world.deaf.add(a);
  await world.pass(40_000);
  assert.deepEqual([b.isLeading, c.isLeading].filter(Boolean).length, 1);
  const leader = b.isLeading ? b : c;
  world.deaf.delete(a);
  await settled();
  assert.ok(!a.isLeading);
  leader.events(2);
  for (const tab of [a, b, c]) assert.deepEqual([tab.heard, tab.resets], [[1, 2], 0]);
});

test("a leader that is frozen is replaced, though words reach it and it answers", async () => {
  const [world, a, b, c] = await three();
  a.events(1);
  world.frozen.add(a);
  await world.pass(40_000);
  assert.ok(!a.isLeading);
  assert.deepEqual([b.isLeading, c.isLeading].filter(Boolean).length, 1);
  const leader = b.isLeading ? b : c;
  leader.events(2, 3);
  for (const tab of [a, b, c]) assert.deepEqual([tab.heard, tab.resets], [[1, 2, 3], 0]);
});

test("a leader that is silent but there is left in peace", async () => {
  const [world, a, b, c] = await three();
  await world.pass(600_000);
  assert.deepEqual([a, b, c].map(({ isLeading }) => isLeading), [true, false, false]);
});

test("the end is told to all, but not to those who have not heard everything", async () => {
  const [world, a, b, c] = await three();
  world.deaf.add(c);
  a.events(1);
  world.deaf.delete(c);
  a.tabs.finish("final");
  await settled();
  assert.deepEqual([b.reason, c.reason], ["final", undefined]);
  assert.ok(c.isLeading, "it finds out by itself");
});

test("where locks are refused each leads itself, and asks for none again", async () => {
  const world = new World();
  // As browsers do in a frame that is no origin's, or where storage is forbidden.
  world.refusal = new DOMException("denied", "SecurityError");
  let asked = 0;
  const request = world.request.bind(world);
  world.request = (...how) => ((asked += 1), request(...how));
  const [a, b] = [world.open("a"), world.open("b")];
  await settled();
  assert.deepEqual([a.isLeading, b.isLeading, asked], [true, true, 2]);
  a.begin();
  a.events(1);
  assert.deepEqual([a.heard, b.heard], [[1], []]);
  await world.pass(3_600_000);
  assert.equal(asked, 2);
});

test("who leaves leaves the others a leader", async () => {
  const [, a, b, c] = await three();
  a.tabs.close();
  await settled();
  assert.ok(b.isLeading && !c.isLeading);
  b.tabs.close();
  await settled();
  assert.ok(c.isLeading);
});
