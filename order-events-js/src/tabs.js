/**
 * One connection for all tabs of a user that watch the same.
 *
 * Whoever holds the lock of that name leads: it has the connection, and tells the others what comes.
 * A lock is free again when its tab is closed, crashes or goes elsewhere; the next one leads then,
 * from the place that it has come to itself, so nothing is lost. A leader that is frozen keeps its
 * lock, and the lock is taken from it. It even answers, for messages reach a frozen tab; what it
 * has not is timers, so only a word that a timer had a hand in shows that it is there.
 *
 * ```text
 *  leader                              followers
 *    ├── lead {term} ────────────────────▶  hello {cursor}
 *    ◀───────────────────────────────────┤
 *    ├── since {to, term, seq, …} ────────▶  what came after that cursor, or the whole picture
 *    ├── told {term, seq, delivery} ──────▶  seq + 1: applied; anything else: hello {cursor}
 *    ├── here (by a timer) ───────────────▶  it is not frozen
 *    ├── state, alive, closed ────────────▶
 * ```
 */

/** @import { Clock } from "./connection.js" */
/** @import { Delivery, Picture } from "./orders.js" */
/** @import { Closing, State } from "./reconnect.js" */
/** @import { Settings } from "./settings.js" */

/**
 * @typedef {object} Member this tab, as its tabs see it
 * @property {() => void} lead connects
 * @property {() => void} follow disconnects: another tab leads
 * @property {() => string} cursor
 * @property {() => boolean} isSettled whether it has a picture to show to others
 * @property {() => Picture} picture
 * @property {() => State} state
 * @property {(delivery: Delivery) => void} delivery
 * @property {(picture: Picture) => void} adopt
 * @property {(state: State) => void} mirror
 * @property {(reason: Closing) => void} closed
 *
 * @typedef {{ before: string, delivery: Delivery }} Told a delivery, and the cursor before it
 *
 * @typedef {{ kind: "lead", term: string }
 *   | { kind: "hello", from: string, cursor: string }
 *   | { kind: "since", to: string, term: string, seq: number, state: State, told?: Delivery[],
 *       picture?: Picture }
 *   | { kind: "told", term: string, seq: number, delivery: Delivery }
 *   | { kind: "state", state: State }
 *   | { kind: "alive" }
 *   | { kind: "here" }
 *   | { kind: "closed", term: string, seq: number, reason: Closing }} Word
 */

export class Tabs {
  #key;
  #settings;
  #clock;
  #member;
  #locks;
  #channel;
  #name;
  #isLeading = false;
  #isOver = false;
  /** @type {AbortController | undefined} The place in the queue for the lock. */
  #queued;
  /** @type {(() => void) | undefined} */
  #release;

  /** The leadership that is heard, and how far. */
  #term = "";
  #seq = 0;
  /** @type {Told[]} The latest, for those that missed some. */
  #told = [];
  /** @type {Map<string, string>} Who asked before there was a picture, and their cursors. */
  #asking = new Map();

  #heardAt = 0;
  /** @type {number | undefined} When the leader was asked whether it is there. */
  #askedAt;
  /** @type {unknown} */
  #timer;

  /**
   * @param {{ key: string, settings: Settings, clock: Clock, member: Member, locks: LockManager,
   *   channel: BroadcastChannel }} options
   */
  constructor({ key, settings, clock, member, locks, channel }) {
    this.#key = key;
    this.#settings = settings;
    this.#clock = clock;
    this.#member = member;
    this.#locks = locks;
    this.#channel = channel;
    this.#name = random(clock);
    channel.onmessage = ({ data }) => this.#hear(data);
  }

  start() {
    this.#heardAt = this.#clock.now();
    this.#queue({});
    this.#hello();
    this.#check();
  }

  /** Leaves the others to themselves. */
  close() {
    this.#isOver = true;
    this.#isLeading = false;
    this.#clock.clearTimeout(this.#timer);
    this.#queued?.abort();
    this.#release?.();
    this.#channel.close();
  }

  /** Of the leader: its connection told this, which moved it on from `before`. @param {Told} told */
  tell(told) {
    if (!this.#isLeading) return;
    this.#seq += 1;
    this.#told.push(told);
    if (this.#told.length > this.#settings.remembered) this.#told.shift();
    this.#say({ kind: "told", term: this.#term, seq: this.#seq, delivery: told.delivery });
    if (!this.#member.isSettled()) return;
    for (const [to, cursor] of this.#asking) this.#answer(to, cursor);
    this.#asking.clear();
  }

  /** Of the leader. @param {State} state */
  state(state) {
    if (this.#isLeading) this.#say({ kind: "state", state });
  }

  /** Of the leader: its connection was heard. */
  alive() {
    if (this.#isLeading) this.#say({ kind: "alive" });
  }

  /** Of the leader: nothing follows, for nobody. @param {Closing} reason */
  finish(reason) {
    if (this.#isLeading) this.#say({ kind: "closed", term: this.#term, seq: this.#seq, reason });
    this.close();
  }

  /** The page was asleep: is the leader still there? */
  woke() {
    if (!this.#isLeading && !this.#isOver) this.#ask();
  }

  /** @param {Word} word */
  #say(word) {
    this.#channel.postMessage(word);
  }

  #hello() {
    this.#say({ kind: "hello", from: this.#name, cursor: this.#member.cursor() });
  }

  /** @param {Word} word */
  #hear(word) {
    if (this.#isOver) return;
    if (word.kind === "hello") {
      if (this.#isLeading) this.#asked(word.from, word.cursor);
      return;
    }
    if (this.#isLeading) {
      // Whoever says so has the lock, which was taken from us.
      if (word.kind === "lead") this.#stepDown();
      return;
    }
    if (word.kind !== "since" && word.kind !== "state") {
      this.#heardAt = this.#clock.now();
      this.#askedAt = undefined;
    }
    switch (word.kind) {
      case "lead":
        this.#hello();
        break;
      case "since":
        if (word.to === this.#name) this.#catchUp(word);
        break;
      case "told":
        if (word.term !== this.#term || word.seq > this.#seq + 1) {
          this.#hello();
        } else if (word.seq === this.#seq + 1) {
          this.#seq = word.seq;
          this.#member.delivery(word.delivery);
        }
        break;
      case "state":
        this.#member.mirror(word.state);
        break;
      case "closed":
        // Who has not heard everything leads in its turn, and finds out by itself.
        if (word.term === this.#term && word.seq === this.#seq) this.#member.closed(word.reason);
        break;
    }
  }

  /** @param {Word & { kind: "since" }} word */
  #catchUp({ term, seq, state, told, picture }) {
    // An answer to a question that was asked twice.
    if (term === this.#term && seq < this.#seq) return;
    this.#term = term;
    this.#seq = seq;
    if (picture) this.#member.adopt(picture);
    for (const delivery of told ?? []) this.#member.delivery(delivery);
    this.#member.mirror(state);
  }

  /** @param {string} from @param {string} cursor */
  #asked(from, cursor) {
    if (this.#member.isSettled()) this.#answer(from, cursor);
    else this.#asking.set(from, cursor);
    this.#say({ kind: "state", state: this.#member.state() });
    this.#clock.setTimeout(() => {
      if (this.#isLeading) this.#say({ kind: "here" });
    }, 0);
  }

  /** @param {string} to @param {string} cursor */
  #answer(to, cursor) {
    const base = { to, term: this.#term, seq: this.#seq, state: this.#member.state() };
    const first = this.#told.findIndex((told) => told.before === cursor);
    if (cursor === this.#member.cursor()) {
      this.#say({ kind: "since", ...base });
    } else if (cursor !== "" && first >= 0) {
      // From an event or a reset on: within a beginning nobody has a place.
      const told = this.#told.slice(first).map(({ delivery }) => delivery);
      this.#say({ kind: "since", ...base, told });
    } else {
      this.#say({ kind: "since", ...base, picture: this.#member.picture() });
    }
  }

  /** @param {{ steal?: boolean }} how */
  #queue({ steal = false }) {
    this.#queued?.abort();
    const queued = (this.#queued = new AbortController());
    // Whoever takes a lock does not queue for it, and cannot be told to leave the queue.
    const options = steal ? { steal } : { signal: queued.signal };
    const held = this.#locks.request(this.#key, options, () => {
      if (this.#isOver || queued.signal.aborted) return undefined;
      return this.#lead();
    });
    held.catch(({ name }) => {
      // We left the queue, or ours was taken, or there are none for us.
      if (this.#isOver || queued.signal.aborted) return;
      if (name === "AbortError") this.#stepDown();
      else this.#goAlone();
    });
  }

  /** Without locks, which a frame that is no origin's does not get, each tab has its own connection. */
  #goAlone() {
    this.close();
    this.#member.lead();
  }

  /** @returns {Promise<void>} */
  #lead() {
    this.#isLeading = true;
    this.#term = random(this.#clock);
    this.#seq = 0;
    this.#told = [];
    this.#say({ kind: "lead", term: this.#term });
    this.#member.lead();
    return new Promise((resolve) => (this.#release = resolve));
  }

  #stepDown() {
    this.#isLeading = false;
    this.#term = "";
    this.#member.follow();
    this.#queue({});
    this.#hello();
  }

  #ask() {
    if (this.#askedAt === undefined) {
      this.#askedAt = this.#clock.now();
      this.#hello();
    }
    this.#check();
  }

  /** Looks, now and then, whether there is somebody who leads. */
  #check() {
    this.#clock.clearTimeout(this.#timer);
    if (this.#isOver) return;
    const { leaderSilence, leaderAnswer } = this.#settings;
    const asked = this.#askedAt !== undefined;
    const due = asked ? Number(this.#askedAt) + leaderAnswer : this.#heardAt + leaderSilence;
    const now = this.#clock.now();
    if (this.#isLeading) this.#heardAt = now;
    if (now < due || this.#isLeading) {
      const after = this.#isLeading ? leaderSilence : due - now;
      this.#timer = this.#clock.setTimeout(() => this.#check(), after);
    } else if (!asked) {
      this.#ask();
    } else {
      this.#askedAt = undefined;
      // Asleep ourselves we may not have read the answer yet.
      if (now - due > leaderAnswer) this.#ask();
      else this.#takeOver(now);
    }
  }

  /** @param {number} now */
  #takeOver(now) {
    this.#heardAt = now;
    this.#queue({ steal: true });
    this.#check();
  }
}

/** A word that no other tab has. @param {Clock} clock */
function random(clock) {
  return [0, 0].map(() => clock.random().toString(36).slice(2)).join("");
}
