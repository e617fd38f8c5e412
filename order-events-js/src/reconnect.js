/**
 * When to connect, how, and when to give up: pure. It owns no clock, no timer and no connection; it
 * is told what happened and when, and answers what to do.
 *
 * ```text
 *            ┌────────────── wait (full jitter, retry:, Retry-After) ◀──────────────┐
 *            ▼                                                                      │
 *  start ─▶ opening ─▶ answered ─▶ open ─▶ (silence: stale, then given up) ─▶ lost, ended, refused
 *            │                                                                      │
 *            └─ 204, final, 401 twice, 403, 404 ─▶ closed      pollAfter × lost ─▶ polls, and a
 *                                                                stream is tried now and then
 * ```
 */

/** @import { Settings } from "./settings.js" */

/**
 * @typedef {"connecting" | "live" | "polling" | "stale" | "offline" | "closed"} State
 *
 * @typedef {"final" | "closed" | "unauthenticated" | "forbidden" | "not-found" | "schema"}
 *   Closing why it is over: the order is finished, somebody closed it, the server does not let us in,
 *   or it speaks a later version of the events than we read
 *
 * @typedef {{ do: "open", form: "stream" | "page", attempt: number, wait: number }
 *   | { do: "abort" }
 *   | { do: "refresh" }
 *   | { do: "close", reason: Closing }} Command
 *
 * @typedef {"idle" | "opening" | "answered" | "open" | "waiting" | "refreshing" | "closed"} Phase
 */

/** Statuses after which asking again is in vain. */
const CLOSING = new Map(
  /** @type {[number, Closing][]} */ ([
    [204, "final"],
    [403, "forbidden"],
    [404, "not-found"],
  ]),
);

export class Reconnect {
  /** @type {Settings} */
  #settings;
  /** @type {() => number} */
  #random;
  /** @type {boolean} */
  #canRefresh;

  /** @type {Phase} */
  #phase = "idle";
  /** @type {"stream" | "page"} */
  #form = "stream";
  /** Whether polling has taken over; a stream that is opened then is tried out. */
  #polls = false;
  /** The polls work: one has been answered since they took over. */
  #hasPolled = false;
  #isOffline = false;
  #isRefreshed = false;
  /** A silence was forgiven, because we may have slept through its end. Once for each silence. */
  #isForgiven = false;
  /** A silence that we slept through, or a network that was away: nobody knows how the stream is. */
  #isDoubtful = false;
  /** Failures in a row, for the waits; and those of them that a poll might not have had. */
  #failures = 0;
  #lost = 0;
  /** Requests since the last that was connected, for the server's metrics. */
  #attempt = 0;
  /** The next poll asks for what there is, the others for what comes. */
  #isFirstPoll = true;
  #openedAt = 0;
  #heardAt = 0;
  #heartbeat;
  /** @type {number} What the stream last said to wait. */
  #retry = 0;
  /** Whether the wait under way is by the server's word, which nothing cuts short. */
  #isTold = false;
  /** @type {number | undefined} When the wait, or the answer's time, is over. */
  #due;
  #probe;
  #probeAt = 0;

  /** @param {{ settings: Settings, random: () => number, canRefresh?: boolean }} options */
  constructor({ settings, random, canRefresh = false }) {
    this.#settings = settings;
    this.#random = random;
    this.#canRefresh = canRefresh;
    this.#heartbeat = settings.heartbeat;
    this.#probe = settings.probe;
  }

  /** @returns {State} */
  get state() {
    if (this.#phase === "closed") return "closed";
    if (this.#phase === "open") {
      if (this.#isOffline && this.#isDoubtful) return "offline";
      return this.#isDoubtful ? "stale" : "live";
    }
    if (this.#isOffline) return "offline";
    return this.#hasPolled ? "polling" : "connecting";
  }

  /** When `tick` must be called at the latest. @returns {number | undefined} */
  get deadline() {
    if (this.#phase === "closed" || this.#phase === "idle") return undefined;
    if (this.#phase !== "open") return this.#due;
    const { stale, silence } = this.#settings;
    return this.#heardAt + this.#heartbeat * (this.#isDoubtful ? silence : stale);
  }

  /** @param {number} now @param {boolean} isOnline @returns {Command[]} */
  start(now, isOnline) {
    this.#isOffline = !isOnline;
    return this.#open(now);
  }

  /** The head of an answer came, and it is what was asked for. @param {number} now */
  answered(now) {
    if (this.#phase !== "opening" || this.#form === "page") return;
    this.#phase = "answered";
    this.#due = now + this.#settings.firstByte;
  }

  /** Bytes of a stream came, or a part of a long answer. @param {number} now */
  heard(now) {
    if (this.#phase === "opening") this.#due = now + this.#settings.pollSlack;
    if (this.#phase === "answered") {
      this.#phase = "open";
      this.#openedAt = now;
    }
    this.#heardAt = now;
    this.#isForgiven = this.#isDoubtful = false;
  }

  /** The stream said that it is one of ours, and how often it will speak. @param {number} heartbeat */
  ready(heartbeat) {
    if (heartbeat > 0) this.#heartbeat = heartbeat;
    this.#polls = this.#hasPolled = this.#isRefreshed = false;
    this.#attempt = 0;
    this.#probe = this.#settings.probe;
  }

  /** The server speaks a version that we would misread. @returns {Command[]} */
  misread() {
    return this.#close("schema");
  }

  /** The stream said how long to wait before coming back. @param {number} retry */
  told(retry) {
    this.#retry = Math.min(retry, this.#settings.maxTold);
  }

  /**
   * A stream, or the page that told it, ended with a word.
   *
   * @param {number} now @param {string} reason
   * @param {number} [retry] how long to wait, where the end says so
   * @returns {Command[]}
   */
  ended(now, reason, retry) {
    if (this.#phase === "closed") return [];
    if (reason === "final") return this.#close("final");
    if (retry !== undefined) this.told(retry);
    // A stream that never was one: a refusal in soft words. And two pages that replace each other
    // must not do so for ever at the same pace.
    const isRefused = this.#form === "stream" && this.#attempt > 0;
    this.#settleFailures(now, isRefused || reason === "replaced");
    // An order that is probably finished is looked at now and then, which is what polling is.
    this.#hasPolled = reason === "quiet" || this.#polls;
    return [{ do: "abort" }, ...this.#wait(now, this.#retry, true)];
  }

  /**
   * The connection was lost, could not be had, or what came was no answer to the question.
   *
   * @param {number} now
   * @returns {Command[]}
   */
  lost(now) {
    if (this.#phase === "closed") return [];
    const wasProbe = this.#polls && this.#form === "stream";
    this.#settleFailures(now, true);
    if (wasProbe) {
      this.#takeToPolling(now);
      return this.#open(now);
    }
    if (this.#form === "stream" && !this.#isOffline) {
      this.#lost += 1;
      if (this.#lost >= this.#settings.pollAfter) this.#takeToPolling(now);
    }
    this.#hasPolled = false;
    return this.#wait(now, this.#retry, false);
  }

  /**
   * The server refused, by a status.
   *
   * @param {number} now @param {number} status
   * @param {number} [retryAfter] in milliseconds
   * @returns {Command[]}
   */
  refused(now, status, retryAfter) {
    if (this.#phase === "closed") return [];
    const closing = CLOSING.get(status);
    if (closing) return this.#close(closing);
    if (status === 401) {
      if (!this.#canRefresh || this.#isRefreshed) return this.#close("unauthenticated");
      this.#isRefreshed = true;
      this.#phase = "refreshing";
      this.#due = now + this.#settings.head;
      return [{ do: "refresh" }];
    }
    if (retryAfter === undefined) return this.lost(now);
    // A server that says when to come back would answer a poll no better.
    this.#settleFailures(now, true);
    this.#hasPolled = false;
    return this.#wait(now, Math.min(retryAfter, this.#settings.maxTold), true);
  }

  /**
   * What came of the refresh: `undefined` where it could not be found out.
   *
   * @param {number} now @param {boolean | undefined} isSignedIn
   * @returns {Command[]}
   */
  refreshed(now, isSignedIn) {
    if (this.#phase !== "refreshing") return [];
    if (isSignedIn === false) return this.#close("unauthenticated");
    if (isSignedIn) return this.#open(now);
    this.#isRefreshed = false;
    this.#failures += 1;
    return this.#wait(now, 0, false);
  }

  /**
   * A poll was answered.
   *
   * @param {number} now @param {{ more: boolean, isEmpty: boolean }} page
   * @returns {Command[]}
   */
  paged(now, { more, isEmpty }) {
    if (this.#phase === "closed") return [];
    this.#hasPolled = true;
    this.#isRefreshed = false;
    this.#failures = this.#lost = this.#attempt = 0;
    // The first one is asked to answer at once, and so is one whose page may be followed by more.
    const wasHeld = now - this.#openedAt >= this.#settings.pollPause;
    // One that promises more and brings nothing would be asked without end.
    const goesOn = !isEmpty || wasHeld || this.#isFirstPoll;
    this.#isFirstPoll = more && !isEmpty;
    return goesOn ? this.#open(now) : this.#wait(now, this.#settings.pollPause, true);
  }

  /** @param {number} now @returns {Command[]} */
  online(now) {
    if (!this.#isOffline) return [];
    this.#isOffline = false;
    if (this.#phase !== "open" || !this.#isDoubtful) return this.#hasten(now);
    // Of a connection that outlived its network nobody knows whether it still is one.
    this.#wait(now, 0, false);
    return [{ do: "abort" }];
  }

  offline() {
    this.#isOffline = true;
    // A network that the browser does not see may be there all the same: what is open stays.
    this.#isDoubtful = true;
  }

  /**
   * The page was asleep, hidden or in a cache, and is not any more.
   *
   * @param {number} now
   * @returns {Command[]}
   */
  woke(now) {
    return this.#phase === "open" ? this.#silent(now, true) : this.#hasten(now);
  }

  /** The deadline has come. @param {number} now @returns {Command[]} */
  tick(now) {
    const due = this.deadline;
    if (due === undefined || now < due) return [];
    if (this.#phase === "waiting") return this.#open(now);
    if (this.#phase === "refreshing") return this.refreshed(now, undefined);
    const isLate = now - due > this.#heartbeat;
    if (this.#phase === "open") return this.#silent(now, isLate);
    if (isLate && !this.#isForgiven) {
      // We slept, and what came meanwhile has not been read yet.
      this.#isForgiven = true;
      this.#due = now + this.#settings.head;
      return [];
    }
    // Nothing came, or a head without a body: somebody holds the stream back. That is no reason to
    // wait, but one to poll.
    if (this.#form === "page") return [{ do: "abort" }, ...this.lost(now)];
    this.#settleFailures(now, true);
    this.#takeToPolling(now);
    return [{ do: "abort" }, ...this.#open(now)];
  }

  /** @returns {Command[]} */
  close() {
    return this.#phase === "closed" ? [] : this.#close("closed");
  }

  /** @param {Closing} reason @returns {Command[]} */
  #close(reason) {
    this.#phase = "closed";
    return [{ do: "abort" }, { do: "close", reason }];
  }

  /**
   * Looks how long a stream has been silent.
   *
   * @param {number} now @param {boolean} hasSlept
   * @returns {Command[]}
   */
  #silent(now, hasSlept) {
    const { stale, silence } = this.#settings;
    const heartbeats = (now - this.#heardAt) / this.#heartbeat;
    if (heartbeats < stale) return [];
    this.#isDoubtful = true;
    if (hasSlept && !this.#isForgiven) {
      // What came while we slept has not been read yet: the silence begins anew, once. A hidden
      // page's timers are late, too, and must not put off the end for ever.
      this.#isForgiven = true;
      this.#heardAt = now;
      return [];
    }
    return heartbeats < silence ? [] : [{ do: "abort" }, ...this.lost(now)];
  }

  /** @param {number} now @returns {Command[]} */
  #open(now) {
    const { head, pollWait, pollSlack } = this.#settings;
    this.#phase = "opening";
    this.#form = this.#polls && now < this.#probeAt ? "page" : "stream";
    this.#openedAt = now;
    this.#isForgiven = this.#isDoubtful = this.#isTold = false;
    const wait = this.#form === "page" && !this.#isFirstPoll ? pollWait : 0;
    this.#due = now + (this.#form === "page" ? wait + pollSlack : head);
    const attempt = this.#attempt;
    this.#attempt += 1;
    return [{ do: "open", form: this.#form, attempt, wait }];
  }

  /** @param {number} now @param {number} told @param {boolean} isTold @returns {Command[]} */
  #wait(now, told, isTold) {
    const { backoff, maxBackoff } = this.#settings;
    const doublings = Math.min(Math.max(this.#failures - 1, 0), 30);
    this.#phase = "waiting";
    this.#isTold = isTold;
    this.#due = now + told + this.#random() * Math.min(maxBackoff, backoff * 2 ** doublings);
    return [];
  }

  /** Ends a wait that was ours to choose. @param {number} now @returns {Command[]} */
  #hasten(now) {
    if (this.#polls) this.#probeAt = now;
    if (this.#phase !== "waiting" || this.#isTold) return [];
    // Not all pages of a building at once, when its network is back.
    this.#due = Math.min(this.#due ?? now, now + this.#random() * this.#settings.backoff);
    return [];
  }

  /** @param {number} now @param {boolean} hasFailed */
  #settleFailures(now, hasFailed) {
    const wasStable = this.#phase === "open" && now - this.#openedAt >= this.#settings.stable;
    if (wasStable) this.#failures = this.#lost = 0;
    if (hasFailed) this.#failures += 1;
  }

  /** Polls from now on; or goes on polling, where a stream was tried in vain. @param {number} now */
  #takeToPolling(now) {
    if (this.#polls) this.#probe = Math.min(this.#probe * 2, this.#settings.maxProbe);
    else this.#isFirstPoll = true;
    this.#polls = true;
    this.#probeAt = now + this.#probe;
  }
}
