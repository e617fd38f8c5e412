/** The reconnect machine, with a scripted clock. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Reconnect } from "../src/reconnect.js";
import { DEFAULTS } from "../src/settings.js";

/** A machine, the time, and what it was told to do. */
function machine({ random = 0.5, canRefresh = false, settings = {}, isOnline = true } = {}) {
  const options = { settings: { ...DEFAULTS, ...settings }, random: () => random, canRefresh };
  const machine = new Reconnect(options);
  const story = {
    machine,
    now: 0,
    commands: machine.start(0, isOnline),
    /** Lets time pass until the machine wants to be asked, and asks it. */
    next() {
      story.now = Math.max(story.now, machine.deadline);
      story.commands = machine.tick(story.now);
      return story.commands;
    },
    later(span) {
      story.now += span;
      return story;
    },
    /** How long the wait under way takes from now. */
    get wait() {
      return machine.deadline - story.now;
    },
    tell(what, ...rest) {
      story.commands = machine[what](story.now, ...rest);
      return story.commands;
    },
    goLive({ retry = 2_000, heartbeat = 15_000 } = {}) {
      machine.answered(story.now);
      machine.heard(story.now);
      machine.told(retry);
      machine.ready(heartbeat);
      return story;
    },
  };
  return story;
}

const opens = (form, attempt = 0, wait = 0) => ({ do: "open", form, attempt, wait });

/** One whose stream did not answer, so that polling took over. */
function polling(options) {
  const story = machine(options);
  assert.deepEqual(story.next(), [{ do: "abort" }, opens("page", 1)]);
  return story;
}

test("it begins with a stream, at once", () => {
  const story = machine();
  assert.deepEqual(story.commands, [opens("stream")]);
  assert.equal(story.machine.state, "connecting");
  assert.equal(story.goLive().machine.state, "live");
});

test("a lost stream is opened again after what the server said and some chance", () => {
  const story = machine().goLive({ retry: 2_000 });
  assert.deepEqual(story.tell("lost"), []);
  assert.equal(story.wait, 2_000 + 0.5 * 1_000);
  assert.equal(story.machine.state, "connecting");
  assert.deepEqual(story.next(), [opens("stream", 0)]);
});

test("waits are drawn from a span that doubles, and ends", () => {
  for (const random of [0, 0.25, 1]) {
    const story = machine({ random, settings: { pollAfter: Infinity } });
    const waits = [];
    for (let turn = 0; turn < 8; turn += 1) {
      story.tell("lost");
      waits.push(story.wait);
      story.next();
    }
    const spans = [1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1_000);
    assert.deepEqual(waits, spans.map((span) => span * random));
  }
});

test("each try says which it is", () => {
  const story = machine({ settings: { pollAfter: Infinity } });
  for (let attempt = 1; attempt < 4; attempt += 1) {
    story.tell("lost");
    assert.deepEqual(story.next(), [opens("stream", attempt)]);
  }
});

test("whoever was connected for long has not failed before", () => {
  const story = machine({ random: 1, settings: { pollAfter: Infinity } });
  for (let turn = 0; turn < 5; turn += 1) {
    story.tell("lost");
    story.next();
  }
  story.goLive({ retry: 0 }).later(DEFAULTS.stable);
  story.tell("lost");
  assert.equal(story.wait, 1_000);
});

test("whoever is cut off again and again soon after the beginning waits longer", () => {
  const story = machine({ random: 1, settings: { pollAfter: Infinity } });
  const waits = [];
  for (let turn = 0; turn < 3; turn += 1) {
    story.goLive({ retry: 0 }).later(100).tell("lost");
    waits.push(story.wait);
    story.next();
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
});

test("a refusal says how long to wait, and nothing cuts that short", () => {
  for (const status of [429, 503]) {
    const story = machine();
    assert.deepEqual(story.tell("refused", status, 7_000), []);
    assert.equal(story.wait, 7_500);
    story.machine.woke(story.now);
    assert.equal(story.wait, 7_500);
    assert.deepEqual(story.next(), [opens("stream", 1)]);
  }
});

test("refusals that say when to come back do not lead to polling", () => {
  const story = machine();
  for (let turn = 1; turn < 9; turn += 1) {
    story.tell("refused", 503, 1_000);
    assert.deepEqual(story.next(), [opens("stream", turn)]);
  }
});

test("a refusal that does not say when is a failure", () => {
  const story = machine({ settings: { pollAfter: 2 } });
  story.tell("refused", 502);
  assert.deepEqual(story.next(), [opens("stream", 1)]);
  story.tell("refused", 504);
  assert.deepEqual(story.next(), [opens("page", 2)]);
});

test("nobody is taken at their word for longer than a bound", () => {
  const story = machine({ random: 0 });
  story.tell("refused", 503, Number.MAX_SAFE_INTEGER);
  assert.equal(story.wait, DEFAULTS.maxTold);
  const other = machine({ random: 0 }).goLive({ retry: Number.MAX_SAFE_INTEGER });
  other.tell("lost");
  assert.equal(other.wait, DEFAULTS.maxTold);
});

test("it stops where asking again is in vain", () => {
  for (const [status, reason] of [[204, "final"], [403, "forbidden"], [404, "not-found"]]) {
    const story = machine();
    assert.deepEqual(story.tell("refused", status), [{ do: "abort" }, { do: "close", reason }]);
    assert.equal(story.machine.state, "closed");
    assert.equal(story.machine.deadline, undefined);
    assert.deepEqual(story.tell("online"), []);
    assert.deepEqual(story.tell("woke"), []);
    assert.deepEqual(story.tell("lost"), []);
    assert.deepEqual(story.tell("tick"), []);
  }
});

test("it stops at a 401 that a refresh did not help, and at one that none can", () => {
  const closed = [{ do: "abort" }, { do: "close", reason: "unauthenticated" }];
  assert.deepEqual(machine().tell("refused", 401), closed);
  const story = machine({ canRefresh: true });
  assert.deepEqual(story.tell("refused", 401), [{ do: "refresh" }]);
  assert.deepEqual(story.tell("refreshed", true), [opens("stream", 1)]);
  assert.deepEqual(story.tell("refused", 401), closed);
  const other = machine({ canRefresh: true });
  other.tell("refused", 401);
  assert.deepEqual(other.tell("refreshed", false), closed);
});

test("each session that ends is refreshed once", () => {
  const story = machine({ canRefresh: true });
  for (let turn = 0; turn < 3; turn += 1) {
    assert.deepEqual(story.tell("refused", 401), [{ do: "refresh" }]);
    assert.deepEqual(story.tell("refreshed", true).at(0)?.do, "open");
    story.goLive().later(60_000).tell("ended", "expired");
    story.next();
  }
});

test("a refresh that could not be tried is tried again", () => {
  const story = machine({ canRefresh: true });
  story.tell("refused", 401);
  story.tell("refreshed", undefined);
  assert.deepEqual(story.next(), [opens("stream", 1)]);
  assert.deepEqual(story.tell("refused", 401), [{ do: "refresh" }]);
  // And so is one that does not answer.
  assert.deepEqual(story.next(), []);
  assert.deepEqual(story.next(), [opens("stream", 2)]);
});

test("after a silence of two and a half heartbeats a stream is given up", () => {
  const story = machine().goLive({ heartbeat: 10_000 });
  assert.equal(story.wait, 12_500);
  assert.deepEqual(story.next(), []);
  assert.equal(story.machine.state, "stale");
  assert.equal(story.now, 12_500);
  assert.deepEqual(story.next(), [{ do: "abort" }]);
  assert.equal(story.now, 25_000);
  assert.equal(story.machine.state, "connecting");
});

test("any byte ends a silence", () => {
  const story = machine().goLive({ heartbeat: 10_000 });
  story.next();
  story.machine.heard(story.now);
  assert.equal(story.machine.state, "live");
  assert.equal(story.wait, 12_500);
});

test("a silence that was slept through begins anew, once", () => {
  const story = machine().goLive({ heartbeat: 10_000 });
  story.later(3_600_000);
  assert.deepEqual(story.tell("tick"), []);
  assert.equal(story.machine.state, "stale");
  assert.equal(story.wait, 25_000);
  // What a hidden page's late timers would ask for again and again.
  story.later(60_000);
  assert.deepEqual(story.tell("tick"), [{ do: "abort" }]);
});

test("a page that wakes doubts its stream, and does not give it up", () => {
  const story = machine().goLive({ heartbeat: 10_000 });
  story.later(26_000);
  assert.deepEqual(story.tell("woke"), []);
  assert.equal(story.machine.state, "stale");
  story.machine.heard(story.now);
  assert.equal(story.machine.state, "live");
});

test("a page that comes back soon doubts nothing", () => {
  const story = machine().goLive({ heartbeat: 10_000 });
  story.later(9_000);
  assert.deepEqual(story.tell("woke"), []);
  assert.equal(story.machine.state, "live");
});

test("after some failures it polls, and the first poll is not held", () => {
  const story = machine({ random: 0 });
  for (let turn = 1; turn < DEFAULTS.pollAfter; turn += 1) {
    story.tell("lost");
    assert.deepEqual(story.next(), [opens("stream", turn)]);
  }
  story.tell("lost");
  assert.deepEqual(story.next(), [opens("page", DEFAULTS.pollAfter)]);
  assert.equal(story.machine.state, "connecting");
  assert.deepEqual(story.tell("paged", { more: false, isEmpty: false }), [
    opens("page", 0, DEFAULTS.pollWait),
  ]);
  assert.equal(story.machine.state, "polling");
});

test("a head without a body leads to polling at once, and so does no head", () => {
  const story = machine();
  story.machine.answered(story.now);
  assert.equal(story.wait, DEFAULTS.firstByte);
  assert.deepEqual(story.next(), [{ do: "abort" }, opens("page", 1)]);
  const other = machine();
  assert.equal(other.wait, DEFAULTS.head);
  assert.deepEqual(other.next(), [{ do: "abort" }, opens("page", 1)]);
});

test("an answer that we slept through has its time again", () => {
  const story = machine();
  story.later(3_600_000);
  assert.deepEqual(story.tell("tick"), []);
  assert.equal(story.wait, DEFAULTS.head);
  assert.deepEqual(story.next(), [{ do: "abort" }, opens("page", 1)]);
});

test("polls that were held follow one another at once, and empty ones that were not do not", () => {
  const story = polling({ random: 0 });
  story.tell("paged", { more: false, isEmpty: true });
  story.later(25_000);
  assert.equal(story.tell("paged", { more: false, isEmpty: true })[0].do, "open");
  story.later(10);
  assert.deepEqual(story.tell("paged", { more: false, isEmpty: true }), []);
  assert.equal(story.wait, DEFAULTS.pollPause);
  assert.equal(story.machine.state, "polling");
  assert.equal(story.next()[0].do, "open");
});

test("a page that is followed by more is followed at once, unheld", () => {
  const story = polling();
  assert.deepEqual(story.tell("paged", { more: true, isEmpty: false }), [opens("page", 0)]);
});

test("a page that promises more and brings nothing is no reason to hurry", () => {
  const story = polling({ random: 0 });
  story.tell("paged", { more: false, isEmpty: true });
  for (let turn = 0; turn < 3; turn += 1) {
    assert.deepEqual(story.tell("paged", { more: true, isEmpty: true }), []);
    assert.equal(story.wait, DEFAULTS.pollPause);
    story.next();
  }
});

test("a stream is tried again now and then, less and less often", () => {
  const story = polling({ random: 0 });
  const spans = [];
  let since = story.now;
  while (spans.length < 6) {
    story.later(DEFAULTS.pollWait);
    const [{ form }] = story.tell("paged", { more: false, isEmpty: true });
    if (form === "page") continue;
    assert.equal(story.machine.state, "polling", "while it is tried");
    spans.push(story.now - since);
    since = story.now;
    // In vain.
    assert.deepEqual(story.tell("lost").at(-1)?.form, "page");
    assert.equal(story.machine.state, "polling");
  }
  assert.deepEqual(spans, [...spans].sort((one, other) => one - other));
  assert.ok(spans[0] < 60_000 && spans.at(-1) <= DEFAULTS.maxProbe + DEFAULTS.pollWait, spans);
});

test("a stream that is held back when it is tried leads back to polling at once", () => {
  const story = polling({ random: 0 });
  story.later(DEFAULTS.probe);
  assert.equal(story.tell("paged", { more: false, isEmpty: true })[0].form, "stream");
  story.machine.answered(story.now);
  const [abort, open] = story.next();
  assert.deepEqual([abort.do, open.form], ["abort", "page"]);
  // And not as soon as before.
  story.later(DEFAULTS.probe);
  assert.equal(story.tell("paged", { more: false, isEmpty: true })[0].form, "page");
});

test("a stream that works ends the polling", () => {
  const story = polling({ random: 0 });
  story.later(DEFAULTS.probe);
  story.tell("paged", { more: false, isEmpty: true });
  assert.equal(story.goLive({ retry: 0 }).machine.state, "live");
  story.later(DEFAULTS.stable).tell("lost");
  assert.equal(story.next()[0].form, "stream");
});

test("polls that fail are no polling", () => {
  const story = polling();
  story.tell("paged", { more: false, isEmpty: false });
  assert.equal(story.machine.state, "polling");
  story.tell("lost");
  assert.equal(story.machine.state, "connecting");
  assert.equal(story.next()[0].form, "page");
});

test("what ends a stream says when to come back", () => {
  for (const reason of ["draining", "lifetime", "expired", "revoked", "replaced"]) {
    const story = machine({ random: 0 }).goLive();
    story.machine.told(4_000);
    assert.deepEqual(story.tell("ended", reason), [{ do: "abort" }]);
    assert.equal(story.wait, 4_000);
    assert.deepEqual(story.next(), [opens("stream", 0)]);
  }
});

test("streams that replace each other do so less and less often", () => {
  const story = machine({ random: 1 });
  const waits = [];
  for (let turn = 0; turn < 3; turn += 1) {
    story.goLive().machine.told(2_000);
    story.tell("ended", "replaced");
    waits.push(story.wait);
    story.next();
  }
  assert.deepEqual(waits, [3_000, 4_000, 6_000]);
});

test("a final order ends it", () => {
  const story = machine().goLive();
  assert.deepEqual(story.tell("ended", "final").at(-1), { do: "close", reason: "final" });
});

test("an order that is probably finished is looked at now and then", () => {
  const story = machine({ random: 0 }).goLive();
  story.machine.told(600_000);
  story.tell("ended", "quiet");
  assert.equal(story.machine.state, "polling");
  assert.equal(story.wait, 600_000);
  assert.deepEqual(story.next(), [opens("stream", 0)]);
});

test("a refusal in soft words is a refusal", () => {
  const story = machine({ random: 1 });
  const waits = [];
  for (let turn = 0; turn < 3; turn += 1) {
    story.machine.answered(story.now);
    story.machine.heard(story.now);
    story.machine.told(5_000);
    story.tell("ended", "busy");
    waits.push(story.wait);
    assert.equal(story.next()[0].form, "stream");
  }
  assert.deepEqual(waits, [6_000, 7_000, 9_000]);
});

test("without a network it says so, and goes on trying", () => {
  const story = machine({ isOnline: false, random: 0 });
  assert.equal(story.machine.state, "offline");
  for (let turn = 1; turn < 9; turn += 1) {
    story.tell("lost");
    assert.equal(story.machine.state, "offline");
    // Where there is no network a poll does no better.
    assert.deepEqual(story.next(), [opens("stream", turn)]);
  }
});

test("a network that comes back ends a wait, at times of each page's own", () => {
  const story = machine({ random: 0.5, settings: { pollAfter: Infinity } });
  for (let turn = 0; turn < 9; turn += 1) {
    story.tell("lost");
    story.next();
  }
  story.tell("lost");
  story.machine.offline();
  story.tell("online");
  assert.equal(story.wait, 500);
});

test("a stream that outlives its network is left, unless something came", () => {
  const story = machine().goLive();
  story.machine.offline();
  assert.equal(story.machine.state, "offline");
  assert.deepEqual(story.tell("online"), [{ do: "abort" }]);
  assert.equal(story.next()[0].do, "open");

  const other = machine().goLive();
  other.machine.offline();
  other.machine.heard(other.now);
  assert.equal(other.machine.state, "live");
  assert.deepEqual(other.tell("online"), []);
  assert.equal(other.machine.state, "live");
});

test("closing is final", () => {
  const story = machine().goLive();
  assert.deepEqual(story.machine.close(), [{ do: "abort" }, { do: "close", reason: "closed" }]);
  assert.deepEqual(story.machine.close(), []);
  assert.deepEqual(story.tell("refreshed", true), []);
});

/** Whatever happens in whatever order: it never stands still, and never opens what is closed. */
test("in any order of things it has a next step, or is closed", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  for (let turn = 0; turn < 3_000; turn += 1) {
    const story = machine({ random: random(), canRefresh: random() < 0.5, isOnline: random() < 0.8 });
    const { machine: it } = story;
    for (let step = 0; step < 40 && it.state !== "closed"; step += 1) {
      story.later(pick([0, 10, 1_000, 20_000, 3_600_000]));
      pick([
        () => story.next(),
        () => story.tell("tick"),
        () => story.tell("lost"),
        () => story.tell("refused", pick([401, 403, 429, 500, 503]), pick([undefined, 1_000])),
        () => story.tell("ended", pick(["draining", "quiet", "expired", "busy"])),
        () => story.tell("paged", { more: random() < 0.2, isEmpty: random() < 0.5 }),
        () => story.tell("refreshed", pick([true, undefined])),
        () => story.tell(pick(["online", "woke"])),
        () => it.offline(),
        () => story.goLive(),
      ])();
      if (it.state === "closed") break;
      assert.ok(Number.isFinite(it.deadline), `a next step after ${step}`);
      assert.ok(it.deadline - story.now <= DEFAULTS.maxTold + DEFAULTS.maxBackoff);
    }
  }
});
