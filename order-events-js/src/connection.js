/**
 * Carries out what the reconnect machine decides: timers, requests, reading. What it reads it hands
 * on as deliveries, one after the other.
 */

import { Decoder } from "./decoder.js";
import { Reconnect } from "./reconnect.js";
import { ask, askOrders, isAnswer, retryAfter } from "./transport.js";

/** @import { Delivery } from "./orders.js" */
/** @import { Closing, Command, State } from "./reconnect.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Access } from "./transport.js" */

/**
 * @typedef {object} Clock the one seam through which time comes in
 * @property {() => number} now in milliseconds since 1970
 * @property {(then: () => void, after: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random
 *
 * @typedef {object} Listener whoever is told
 * @property {() => string} cursor where to go on from
 * @property {(delivery: Delivery) => void} delivery
 * @property {(state: State) => void} state
 * @property {() => void} alive something was heard
 * @property {(error: unknown) => void} failed a try was in vain; there will be another
 * @property {(reason: Closing) => void} closed
 */

/** The version of the events' JSON that is read here. */
const SCHEMA = 1;

/** The longest time that a browser's timer can be set for. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class Connection {
  #url;
  #access;
  #refresh;
  #settings;
  #clock;
  #listener;
  #machine;
  /** @type {AbortController | undefined} The request under way. */
  #request;
  /** @type {unknown} */
  #timer;
  /** @type {State} */
  #state = "connecting";
  /** @type {string | undefined} Why the present follows, until there is something of it. */
  #announced;
  #isLeft = false;

  /**
   * @param {{ url: URL, access: Access, refresh?: () => Promise<unknown> | unknown,
   *   settings: Settings, clock: Clock, listener: Listener }} options
   */
  constructor({ url, access, refresh, settings, clock, listener }) {
    this.#url = url;
    this.#access = access;
    this.#refresh = refresh;
    this.#settings = settings;
    this.#clock = clock;
    this.#listener = listener;
    const canRefresh = refresh !== undefined || access.headers !== undefined;
    this.#machine = new Reconnect({ settings, random: clock.random, canRefresh });
  }

  /** @param {boolean} isOnline */
  start(isOnline) {
    this.#do(this.#machine.start(this.#clock.now(), isOnline));
  }

  online() {
    this.#do(this.#machine.online(this.#clock.now()));
  }

  offline() {
    this.#machine.offline();
    this.#do([]);
  }

  woke() {
    this.#do(this.#machine.woke(this.#clock.now()));
  }

  /** @returns {State} */
  get state() {
    return this.#machine.state;
  }

  /** Ends it without a word to anybody. */
  leave() {
    this.#isLeft = true;
    this.#machine.close();
    this.#abort();
    this.#clock.clearTimeout(this.#timer);
  }

  /** @param {Command[]} commands */
  #do(commands) {
    if (this.#isLeft) return;
    for (const command of commands) {
      if (command.do === "abort") this.#abort();
      else if (command.do === "refresh") void this.#refreshSignIn();
      else if (command.do === "open") void this.#open(command);
    }
    this.#settle();
    for (const command of commands) {
      if (command.do === "close") this.#listener.closed(command.reason);
    }
  }

  /** Sets the timer, and tells the state where it has changed. */
  #settle() {
    this.#clock.clearTimeout(this.#timer);
    const due = this.#machine.deadline;
    if (due !== undefined) {
      const after = Math.min(Math.max(due - this.#clock.now(), 0), LONGEST_TIMER);
      const tick = () => this.#do(this.#machine.tick(this.#clock.now()));
      this.#timer = this.#clock.setTimeout(tick, after);
    }
    const state = this.#machine.state;
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.state(state);
  }

  #abort() {
    this.#request?.abort();
    this.#request = undefined;
  }

  async #refreshSignIn() {
    /** @type {boolean | undefined} */
    let isSignedIn;
    try {
      isSignedIn = (await this.#refresh?.()) !== false;
    } catch (error) {
      report(error);
    }
    this.#do(this.#machine.refreshed(this.#clock.now(), isSignedIn));
  }

  /** @param {{ form: "stream" | "page", attempt: number, wait: number }} how */
  async #open({ form, attempt, wait }) {
    this.#abort();
    const request = (this.#request = new AbortController());
    const { signal } = request;
    this.#announced = undefined;
    /** @type {Command[]} */
    let next;
    try {
      const cursor = this.#listener.cursor();
      const asked = { form, attempt, wait, cursor, signal };
      const response = await ask(this.#url, asked, this.#access);
      signal.throwIfAborted();
      if (!isAnswer(response, form)) {
        void response.body?.cancel().catch(() => {});
        const now = this.#clock.now();
        next = this.#machine.refused(now, response.status, retryAfter(response, now));
      } else {
        this.#machine.answered(this.#clock.now());
        this.#settle();
        next = await (form === "stream" ? this.#read(response, signal) : this.#page(response, signal));
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#listener.failed(error);
      next = this.#machine.lost(this.#clock.now());
    }
    if (signal.aborted) return;
    request.abort();
    this.#do(next);
  }

  /** @param {Response} response @param {AbortSignal} signal @returns {Promise<Command[]>} */
  async #read(response, signal) {
    if (!response.body) return this.#machine.lost(this.#clock.now());
    const { lineBytes, dataBytes } = this.#settings;
    const after = this.#listener.cursor();
    const decoder = new Decoder({ lineBytes, dataBytes, after });
    const reader = response.body.getReader();
    let position = after;
    for (;;) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return this.#machine.lost(this.#clock.now());
      this.#machine.heard(this.#clock.now());
      for (const { event, data, lastEventId } of decoder.decode(value)) {
        if (decoder.retry !== undefined) this.#machine.told(decoder.retry);
        const said = parsed(data);
        if (event === "end") return this.#machine.ended(this.#clock.now(), String(said?.reason));
        if (event === "ready" && Number(said?.schema) > SCHEMA) return this.#machine.misread();
        await this.#say(event, said, lastEventId, signal);
        // A snapshot's place is the end of the present, where it has one of its own.
        if (event === "snapshot" && lastEventId !== position) this.#arrive(lastEventId);
        // Whoever was told may have closed it.
        signal.throwIfAborted();
        position = lastEventId;
      }
      // A place without an event: the end of a beginning that had nothing to tell.
      if (decoder.lastEventId !== position) {
        position = decoder.lastEventId;
        this.#arrive(position);
      }
      this.#listener.alive();
      this.#settle();
    }
  }

  /**
   * @param {string} event @param {any} data @param {string} cursor @param {AbortSignal} signal
   */
  async #say(event, data, cursor, signal) {
    if (event === "ready") {
      this.#machine.ready(Number(data?.heartbeatMs));
      // Whoever does not go on, for whatever reason, begins anew.
      this.#announced = data?.resumed === undefined ? "new" : undefined;
    } else if (event === "reset") {
      await this.#reset(data, signal);
    } else if (event === "snapshot") {
      this.#deliver({ type: "snapshot", order: data });
    } else if (event !== "heartbeat") {
      this.#deliver({ type: "event", event, data, cursor });
    }
  }

  /**
   * A reset is told with the first that comes of it: until then whoever announced it may be gone,
   * and another may go on after all.
   *
   * @param {Delivery} delivery
   */
  #deliver(delivery) {
    const reason = this.#announced;
    this.#announced = undefined;
    if (reason !== undefined) this.#listener.delivery({ type: "reset", reason });
    this.#listener.delivery(delivery);
  }

  /** @param {string} cursor everything up to which has been told */
  #arrive(cursor) {
    this.#deliver({ type: "position", cursor });
  }

  /**
   * Begins anew. Where the present is too much to follow inline it is paged here, while the stream
   * waits: what happens meanwhile comes after it, newer by version.
   *
   * @param {any} reset @param {AbortSignal} signal
   */
  async #reset(reset, signal) {
    this.#announced = String(reset?.reason);
    if (typeof reset?.orders !== "string") return;
    const first = new URL(reset.orders, this.#url);
    // A link of the server's that leads elsewhere would carry our headers there.
    if (first.origin !== this.#url.origin) throw new TypeError("orders of another origin");
    /** @type {string | undefined} */
    let next;
    do {
      const address = new URL(first);
      if (next !== undefined) address.searchParams.set("page", next);
      const response = await askOrders(address, signal, this.#access);
      if (!isAnswer(response, "page")) throw new TypeError(`no orders: ${response.status}`);
      const page = await response.json();
      signal.throwIfAborted();
      this.#machine.heard(this.#clock.now());
      for (const order of page.orders) this.#deliver({ type: "snapshot", order });
      if (next !== undefined && page.next === next) throw new TypeError("orders that have no end");
      next = page.next;
    } while (next !== undefined);
  }

  /** @param {Response} response @param {AbortSignal} signal @returns {Promise<Command[]>} */
  async #page(response, signal) {
    const page = await response.json();
    signal.throwIfAborted();
    const asked = this.#listener.cursor();
    if (page.reset) await this.#reset(page.reset, signal);
    else if (asked === "" || page.snapshots) this.#announced = "new";
    for (const order of page.snapshots ?? []) this.#deliver({ type: "snapshot", order });
    for (const { id, event, data } of page.events) {
      this.#deliver({ type: "event", event, data, cursor: id });
      signal.throwIfAborted();
    }
    this.#arrive(page.cursor);
    this.#listener.alive();
    const now = this.#clock.now();
    if (page.end) return this.#machine.ended(now, String(page.end.reason), page.end.retryMs);
    // Nor does one bring anything that leads back to where we are, as a cache's would; or one that
    // begins anew, as that of each of two servers would that know nothing of each other.
    const isEmpty = page.events.length === 0 || page.cursor === asked;
    return this.#machine.paged(now, { more: page.more === true, isEmpty });
  }
}

/** What is no JSON, which no server of ours sends, is a text. @param {string} data @returns {any} */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/**
 * An error of the page's own code, told as if nobody had caught it: it must not stop the stream.
 *
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else queueMicrotask(() => { throw error; });
}
