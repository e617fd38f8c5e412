/** A whole watch on a scripted network and a scripted clock: what servers say, and what they should not. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { watch } from "../order-events.js";

const utf8 = new TextEncoder();
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets everything happen that needs no time. */
async function settled() {
  for (let count = 0; count < 20; count += 1) await turn();
}

/** A server that answers each request as the test says, and a clock that the test moves. */
class Scene {
  now = 0;
  timers = [];
  requests = [];
  answers = [];
  /** What each form of request is answered from then on; not at all, where nothing stands here. */
  always = {};
  told = [];
  states = [];
  failures = [];

  constructor(options = {}) {
    this.clock = {
      now: () => this.now,
      random: () => 0.5,
      setTimeout: (then, after) => {
        const timer = { then, at: this.now + after };
        this.timers.push(timer);
        return timer;
      },
      clearTimeout: (timer) => (this.timers = this.timers.filter((other) => other !== timer)),
    };
    this.watch = watch("https://shop.example/events", {
      clock: this.clock,
      fetch: (url, init) => this.fetch(new URL(url), init),
      onState: (state) => this.states.push(state),
      ...options,
    });
    for (const type of ["event", "snapshot", "reset"]) {
      this.watch.addEventListener(type, ({ detail }) => {
        this.told.push(detail.data?.version ?? detail.order?.version ?? `reset ${detail.reason}`);
      });
    }
    this.watch.addEventListener("failure", ({ detail }) => this.failures.push(detail));
  }

  async fetch(url, { headers, signal }) {
    const accept = headers.get("accept");
    const form = accept === "application/json" ? "page" : "stream";
    this.requests.push({ form, cursor: headers.get("last-event-id"), path: url.pathname + url.search });
    const answer = this.answers.shift() ?? this.always[form];
    if (!answer) return new Promise((_, reject) => signal.addEventListener("abort", reject));
    return answer(signal);
  }

  /** Moves the clock to the next timer, and lets happen what comes of it. */
  async next() {
    const [timer] = this.timers.sort((one, other) => one.at - other.at);
    this.clock.clearTimeout(timer);
    this.now = Math.max(this.now, timer.at);
    timer.then();
    await settled();
  }

  /** Begins, with the answers that are given in turn. */
  static async of(answers, options) {
    const scene = new Scene(options);
    scene.answers = answers;
    await settled();
    return scene;
  }
}

/** A stream that says this, and then ends, or stays open. */
const stream = (text, { open = false } = {}) => (signal) => {
  const body = new ReadableStream({
    start(to) {
      to.enqueue(utf8.encode(text));
      if (!open) to.close();
      signal.addEventListener("abort", () => open && to.error(new Error("aborted")));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
};

const page = (json) => () => Response.json({ events: [], more: false, ...json });
const status = (code, headers) => () => new Response(code === 204 ? null : "", { status: code, headers });
const lost = () => Promise.reject(new TypeError("network error"));

const ready = (more = {}) => `event: ready\ndata: ${JSON.stringify({ schema: 1, heartbeatMs: 15_000, ...more })}\n\n`;
const resumed = (cursor) => `id: ${cursor}\n${ready({ resumed: cursor })}`;

function snapshot(order, version, cursor) {
  const data = { orderId: order, status: "PENDING", version, timeline: [] };
  return `event: snapshot\n${cursor ? `id: ${cursor}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
}

function note(version, cursor) {
  const data = { orderId: "42", version, note: "x" };
  return `event: order.note\nid: ${cursor}\ndata: ${JSON.stringify(data)}\n\n`;
}

const beginning = ready() + snapshot("42", 1, "c.1");

test("it goes on from the last cursor, and hears each event once", async () => {
  const scene = await Scene.of([
    stream(beginning + note(2, "c.2")),
    stream(resumed("c.2") + note(2, "c.2") + note(3, "c.3"), { open: true }),
  ]);
  assert.equal(scene.watch.state, "connecting");
  await scene.next();
  assert.deepEqual(scene.requests.map(({ cursor }) => cursor), [null, "c.2"]);
  assert.deepEqual(scene.told, [1, 2, 3]);
  assert.equal(scene.watch.state, "live");
});

test("a server that begins anew without a word resets what was known", async () => {
  const scene = await Scene.of([
    stream(ready() + snapshot("41", 7) + snapshot("42", 1, "c.2")),
    stream(ready() + snapshot("42", 5, "d.9"), { open: true }),
  ]);
  assert.equal(scene.watch.orders.size, 2);
  await scene.next();
  assert.deepEqual(scene.told, [7, 1, "reset new", 5]);
  assert.deepEqual([...scene.watch.orders.keys()], ["42"]);
  assert.equal(scene.watch.cursor, "d.9");
});

test("an empty beginning is one, too", async () => {
  const scene = await Scene.of([
    stream(beginning),
    stream(`${ready()}id: d.1\n\n`, { open: true }),
  ]);
  await scene.next();
  assert.deepEqual([scene.told.at(-1), scene.watch.orders.size, scene.watch.cursor], ["reset new", 0, "d.1"]);
});

test("a reset that is cut off in the middle begins again, from nowhere but the whole present", async () => {
  const reset = 'event: reset\ndata: {"reason":"expired"}\n\n';
  const scene = await Scene.of([
    stream(ready() + snapshot("41", 7) + snapshot("42", 1, "c.2")),
    stream(ready() + reset + snapshot("41", 8)),
    stream(ready() + snapshot("41", 9) + snapshot("43", 1, "c.9"), { open: true }),
  ]);
  await scene.next();
  assert.deepEqual([...scene.watch.orders.keys()], ["41", "42"], "half a picture is none");
  await scene.next();
  // Another server might go on from the old cursor, and what the half left out would be missing.
  assert.deepEqual(scene.requests.map(({ cursor }) => cursor), [null, "c.2", null]);
  assert.deepEqual(scene.told, [7, 1, "reset expired", 8, "reset new", 9, 1]);
  assert.deepEqual([...scene.watch.orders.keys()], ["41", "43"]);
});

test("a reset that is taken back before anything was told is none", async () => {
  const reset = 'event: reset\ndata: {"reason":"behind"}\n\n';
  const scene = await Scene.of([
    stream(ready() + snapshot("41", 7) + snapshot("42", 1, "c.2")),
    stream(ready() + reset),
    stream(resumed("c.2") + note(2, "c.3"), { open: true }),
  ]);
  for (let turn = 0; turn < 2; turn += 1) await scene.next();
  assert.deepEqual(scene.told, [7, 1, 2]);
  assert.deepEqual([...scene.watch.orders.keys()], ["41", "42"]);
  assert.equal(scene.watch.orders.get("42").status, "PENDING");
});

test("a beginning that is cut off is begun again, and the first half is said to be void", async () => {
  const scene = await Scene.of([
    stream(ready() + snapshot("41", 7)),
    stream(ready() + snapshot("42", 1, "c.2"), { open: true }),
  ]);
  await scene.next();
  assert.deepEqual(scene.told, [7, "reset new", 1]);
  assert.deepEqual([...scene.watch.orders.keys()], ["42"]);
});

test("what a page knew already is there at once, and what came after it is told", async () => {
  const known = { orders: [{ orderId: "42", status: "PENDING", version: 3, timeline: [] }], cursor: "c.3" };
  const scene = await Scene.of([stream(resumed("c.3") + note(4, "c.4"), { open: true })], { known });
  assert.equal(scene.requests[0].cursor, "c.3");
  assert.deepEqual(scene.told, [4]);
  assert.deepEqual(scene.watch.orders.get("42").status, "PENDING");
  const again = await Scene.of([stream(ready() + snapshot("43", 1, "c.9"), { open: true })], { known });
  assert.deepEqual(again.told, ["reset new", 1], "what was known does not hold any more");
  assert.deepEqual([...again.watch.orders.keys()], ["43"]);
});

test("a server of a later schema is the end, for it would be misread", async () => {
  const scene = await Scene.of([stream(ready({ schema: 2 }) + snapshot("42", 1, "c.2"), { open: true })]);
  assert.deepEqual([scene.watch.state, scene.watch.reason], ["closed", "schema"]);
  assert.deepEqual(scene.told, []);
  assert.equal(scene.timers.length, 0);
});

test("a cursor that no header can carry is left at home, and the present is told", async () => {
  const scene = await Scene.of([
    stream(ready() + snapshot("42", 1, "注文")),
    stream(ready() + snapshot("42", 4, "c.4"), { open: true }),
  ]);
  await scene.next();
  assert.deepEqual(scene.requests.map(({ cursor }) => cursor), [null, null]);
  assert.deepEqual(scene.told, [1, "reset new", 4]);
});

test("a page of somebody else's is no stream, and leads to polling in the end", async () => {
  const login = () => new Response("<h1>Sign in", { headers: { "content-type": "text/html" } });
  const scene = await Scene.of([
    login, login, login,
    page({ cursor: "c.1", snapshots: [{ orderId: "42", version: 1, status: "PENDING", timeline: [] }] }),
  ]);
  for (let turn = 0; turn < 3; turn += 1) await scene.next();
  assert.deepEqual(scene.requests.map(({ form }) => form), ["stream", "stream", "stream", "page", "page"]);
  assert.equal(scene.watch.state, "polling");
  assert.equal(scene.watch.orders.get("42").version, 1);
  assert.equal(scene.requests.at(-1).cursor, "c.1");
  assert.match(scene.requests.at(-1).path, /wait=25/);
});

test("streams and pages take turns on one cursor", async () => {
  const event = (version) => ({
    id: `c.${version}`,
    event: "order.note",
    data: { orderId: "42", version },
  });
  const scene = await Scene.of([
    stream(beginning), lost, lost,
    page({ cursor: "c.3", events: [event(2), event(3)], more: true }),
    page({ cursor: "c.4", events: [event(3), event(4)] }),
  ]);
  for (let turn = 0; turn < 3; turn += 1) await scene.next();
  assert.deepEqual(scene.told, [1, 2, 3, 4]);
  assert.deepEqual(scene.requests.map(({ cursor }) => cursor), [null, "c.1", "c.1", "c.1", "c.3", "c.4"]);
  // The poll under way is given up for a stream once it is time.
  scene.always.stream = stream(resumed("c.4") + note(5, "c.5"), { open: true });
  while (scene.watch.state !== "live") await scene.next();
  assert.deepEqual(scene.told, [1, 2, 3, 4, 5]);
  assert.equal(scene.requests.at(-1).form, "stream");
});

test("pages that bring nothing new are no reason to hurry", async () => {
  const known = { orders: [], cursor: "c.1" };
  const event = { id: "c.2", event: "order.note", data: { orderId: "42", version: 2 } };
  const node = (cursor) => page({ cursor, reset: { reason: "foreign" }, snapshots: [] });
  let turn = 0;
  const always = {
    // A cache in between, which knows the address and not the cursor.
    cache: page({ cursor: "c.2", events: [event], more: true }),
    // Two nodes with a log each, behind one address.
    nodes: (signal) => node(["a.1", "b.1"][(turn += 1) % 2])(signal),
  };
  for (const [what, answer] of Object.entries(always)) {
    const scene = await Scene.of([], { known, settings: { pollAfter: 1 } });
    scene.always = { stream: status(406), page: answer };
    scene.watch.addEventListener("change", () => scene.requests.length > 1000 && scene.watch.close());
    await scene.next();
    while (scene.requests.length < 100) await scene.next();
    assert.ok(scene.now > 200_000, `${what}: 100 requests in ${scene.now} ms`);
    scene.watch.close();
  }
});

test("orders whose next page is always the same are given up", async () => {
  const reset = 'event: reset\ndata: {"reason":"large","orders":"orders"}\n\n';
  const order = { orderId: "1", version: 1, status: "PENDING", timeline: [] };
  const orders = page({ orders: [order], next: "n" });
  const scene = await Scene.of([stream(ready() + reset, { open: true }), orders, orders]);
  scene.always.page = () => (scene.requests.length > 50 ? status(500)() : orders());
  await settled();
  assert.match(String(scene.failures[0]), /no end/);
  assert.equal(scene.requests.length, 3);
});

test("a page that resets replaces what was known", async () => {
  const scene = await Scene.of([
    stream(ready() + snapshot("41", 7) + snapshot("42", 1, "c.2")), lost, lost,
    page({
      cursor: "d.1",
      reset: { reason: "foreign" },
      snapshots: [{ orderId: "43", version: 1, status: "PENDING", timeline: [] }],
    }),
  ]);
  for (let turn = 0; turn < 3; turn += 1) await scene.next();
  assert.deepEqual(scene.told, [7, 1, "reset foreign", 1]);
  assert.deepEqual([...scene.watch.orders.keys()], ["43"]);
});

test("an endless line is an error, and the stream begins where it was", async () => {
  const scene = await Scene.of([
    stream(`${beginning}data: ${"x".repeat(1024 * 1024)}`),
    stream(resumed("c.1"), { open: true }),
  ]);
  assert.match(String(scene.failures[0]), /longer than 1048576 bytes/);
  await scene.next();
  assert.equal(scene.requests.at(-1).cursor, "c.1");
});

test("orders of another origin are not asked for", async () => {
  const reset = 'event: reset\ndata: {"reason":"large","orders":"https://elsewhere.example/orders"}\n\n';
  const scene = await Scene.of([stream(ready() + reset, { open: true })]);
  assert.equal(scene.requests.length, 1);
  assert.match(String(scene.failures[0]), /another origin/);
});

test("a page of orders that cannot be had is asked for with the reset, again", async () => {
  const reset = 'event: reset\ndata: {"reason":"large","orders":"orders"}\n\n';
  const order = (id) => ({ orderId: id, version: 1, status: "PENDING", timeline: [] });
  const large = stream(`${ready() + reset}id: c.9\n\n`, { open: true });
  const scene = await Scene.of([
    large,
    page({ orders: [order("1")], next: "n" }),
    status(500),
    large,
    page({ orders: [order("1")], next: "n" }),
    page({ orders: [order("2")] }),
  ]);
  assert.equal(scene.watch.orders.size, 0);
  await scene.next();
  assert.deepEqual([...scene.watch.orders.keys()], ["1", "2"]);
  assert.equal(scene.watch.cursor, "c.9");
  const paths = scene.requests.map(({ path }) => path);
  assert.deepEqual(paths.slice(-2), ["/orders", "/orders?page=n"]);
});

test("what is no JSON, or of no known kind, stops nothing", async () => {
  const odd = "event: odd\nid: c.2\ndata: {not json\n\nevent: order.new-kind\nid: c.3\ndata: {}\n\n";
  const beat = 'event: heartbeat\ndata: {"cursor":"c.1"}\n\n';
  const scene = await Scene.of([stream(beginning + beat + odd + note(4, "c.4"), { open: true })]);
  assert.equal(scene.watch.cursor, "c.4");
  assert.equal(scene.watch.orders.get("42").version, 4);
});

test("a refusal in soft words is waited out", async () => {
  const scene = await Scene.of([
    stream('retry: 7000\nevent: end\ndata: {"reason":"busy"}\n\n'),
    stream(beginning, { open: true }),
  ]);
  assert.equal(scene.watch.state, "connecting");
  await scene.next();
  assert.equal(scene.now, 7_500);
  assert.equal(scene.watch.state, "live");
});

test("headers that cannot be had are a failure like others", async () => {
  let count = 0;
  const headers = () => {
    count += 1;
    if (count === 1) throw new Error("no token yet");
    return {};
  };
  const scene = await Scene.of([stream(beginning, { open: true })], { headers });
  assert.match(String(scene.failures[0]), /no token yet/);
  await scene.next();
  assert.equal(scene.watch.state, "live");
});

test("a refresh that throws is tried again, one that says no is the end", async () => {
  const answers = [new Error("no network"), true, false];
  const refresh = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  // It is the page's own, and so is its error.
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  const scene = await Scene.of([status(401), status(401), stream(`${beginning}`), status(401)], { refresh });
  await scene.next();
  assert.deepEqual(reported, ["no network"]);
  assert.equal(scene.watch.orders.size, 1);
  await scene.next();
  assert.deepEqual([scene.watch.state, scene.watch.reason], ["closed", "unauthenticated"]);
  assert.deepEqual(answers, []);
  delete globalThis.reportError;
});

test("what is closed asks no more, tells no more and has no timer", async () => {
  const scene = await Scene.of([stream(beginning, { open: true })]);
  scene.watch.close();
  scene.watch.close();
  assert.deepEqual([scene.watch.state, scene.watch.reason, scene.timers.length], ["closed", "closed", 0]);
  await settled();
  assert.deepEqual(scene.states, ["live", "closed"]);
  assert.deepEqual(scene.failures, []);
  // An iterator of it has nothing to wait for.
  for await (const told of scene.watch) assert.fail(told);
});

test("204 closes it as final", async () => {
  const scene = await Scene.of([status(204)]);
  assert.deepEqual([scene.watch.state, scene.watch.reason], ["closed", "final"]);
});
