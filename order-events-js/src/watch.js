/**
 * What a page holds in its hands: an order, or many, as they stand and as they change.
 */

import { Connection, report } from "./connection.js";
import { Orders } from "./orders.js";
import { Queue } from "./queue.js";
import { settings } from "./settings.js";
import { Tabs } from "./tabs.js";

/** @import { Clock } from "./connection.js" */
/** @import { Delivery, Order, Picture } from "./orders.js" */
/** @import { Closing, State } from "./reconnect.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Member } from "./tabs.js" */
/** @import { Access } from "./transport.js" */

/**
 * What happened, to be told to people: an event, an order as it stands after a beginning, or that
 * what was known does not hold any more.
 *
 * @typedef {Exclude<Delivery, { type: "position" }>} Told
 *
 * @typedef {object} WatchOwn
 * @property {string} [user] who is signed in. Tabs of one user share one connection; without it each
 *   tab has its own, for nobody knows whether another tab's user may see the same
 * @property {() => unknown} [refresh] renews the sign-in after a 401, once; to resolve to `false`
 *   where nobody is signed in any more, and to throw where that could not be found out
 * @property {Picture} [known] orders as they stood at a cursor, to go on from: what came with the
 *   page, say
 * @property {AbortSignal} [signal] closes the watch
 * @property {(told: Told & { type: "event" }, watch: OrderWatch) => void} [onEvent]
 * @property {(watch: OrderWatch) => void} [onChange] what is known of orders has changed
 * @property {(state: State, watch: OrderWatch) => void} [onState]
 * @property {Partial<Settings>} [settings] other limits and times than the defaults
 * @property {Clock} [clock] for tests
 *
 * @typedef {Access & WatchOwn} WatchOptions
 */

/**
 * Watches the events at an address: those of an order, of a customer's orders, or of a whole shop.
 *
 * @param {string | URL} url such as `/customers/anna/events`; relative to the page
 * @param {WatchOptions} [options]
 */
export function watch(url, options = {}) {
  return new OrderWatch(url, options, undefined);
}

/**
 * Watches one order.
 *
 * @param {string} orderId
 * @param {WatchOptions & { base?: string | URL }} [options] and below which address the routes are:
 *   `/` unless told otherwise
 */
export function watchOrder(orderId, { base = "/", ...options } = {}) {
  // A browser takes these for a step in a path, however they are written.
  if (orderId === "." || orderId === "..") throw new TypeError("no address can name this order");
  const routes = new URL(base, globalThis.document?.baseURI);
  if (!routes.pathname.endsWith("/")) routes.pathname += "/";
  const url = new URL(`orders/${encodeURIComponent(orderId)}/events`, routes);
  return new OrderWatch(url, options, orderId);
}

/**
 * A watch. It begins by itself, and ends by `close()`, by its signal, when the order is finished, or
 * when the server does not let us in; then its state is `closed`, and `reason` says why.
 *
 * Told three ways, each of them once: by callbacks; as events `event`, `snapshot`, `reset`,
 * `change`, `state` and `failure` (a try that was in vain) with a `detail`; and by iterating over it.
 */
export class OrderWatch extends EventTarget {
  /** @type {State} */
  state = "connecting";
  /** @type {Closing | undefined} Why it is closed. */
  reason;
  /** @type {Date | undefined} When something was last told. */
  lastUpdate;

  #options;
  #orderId;
  #clock;
  #settings;
  #orders;
  /** @type {() => Connection} */
  #connect;
  /** @type {Connection | undefined} */
  #connection;
  /** @type {Tabs | undefined} */
  #tabs;
  /** @type {Set<Queue<Told>>} */
  #queues = new Set();
  /** Nobody knows anything yet, so nothing can cease to hold. */
  #isBlank = true;
  #leaves = new AbortController();

  /** @param {string | URL} url @param {WatchOptions} options @param {string | undefined} orderId */
  constructor(url, options, orderId) {
    super();
    const { fetch, headers, credentials, refresh, user, known, signal } = options;
    const clock = options.clock ?? CLOCK;
    const address = new URL(url, globalThis.document?.baseURI);
    this.#options = options;
    this.#orderId = orderId;
    this.#clock = clock;
    this.#settings = settings(options.settings);
    this.#orders = new Orders({ settings: this.#settings, isOneOrder: orderId !== undefined });
    if (known) {
      this.#orders.adopt(known);
      this.#isBlank = false;
    }
    this.#connect = () =>
      new Connection({
        url: address,
        access: { fetch, headers, credentials },
        refresh,
        settings: this.#settings,
        clock,
        listener: this.#listener(),
      });
    this.#listen();
    signal?.addEventListener("abort", () => this.close(), { signal: this.#leaves.signal });
    const { navigator, BroadcastChannel } = globalThis;
    const locks = navigator?.locks;
    if (signal?.aborted) {
      this.close();
    } else if (user !== undefined && locks && BroadcastChannel) {
      const key = `order-events ${JSON.stringify([user, address.href])}`;
      const member = this.#member();
      const channel = new BroadcastChannel(key);
      this.#tabs = new Tabs({ key, settings: this.#settings, clock, member, locks, channel });
      this.#tabs.start();
    } else {
      this.#lead();
    }
  }

  /** The orders as they stand, by id. The same map until something changes. */
  get orders() {
    return this.#orders.all;
  }

  /** The one order that is watched; of several, none. Undefined until it is known. */
  get order() {
    return this.#orderId === undefined ? undefined : this.#orders.all.get(this.#orderId);
  }

  /** How far we were told. Opaque. */
  get cursor() {
    return this.#orders.cursor;
  }

  close() {
    if (this.state === "closed") return;
    this.#tabs?.close();
    this.#over("closed");
  }

  /**
   * What happens from now on. Ends with the watch, and throws where the server did not let us in.
   * Whoever lags far behind is brought to the present by a reset.
   *
   * @returns {AsyncGenerator<Told, void, void>}
   */
  async *[Symbol.asyncIterator]() {
    const present = () => this.#present("behind");
    const queue = new Queue({ most: this.#settings.backlog, present });
    this.#queues.add(queue);
    if (this.state === "closed") queue.end();
    try {
      yield* queue.items();
    } finally {
      this.#queues.delete(queue);
    }
    if (this.reason !== "closed" && this.reason !== "final") {
      throw new Error(`the server refuses this watch: ${this.reason}`);
    }
  }

  #lead() {
    this.#connection = this.#connect();
    this.#connection.start(globalThis.navigator?.onLine !== false);
    // Whoever followed until now showed another tab's state.
    const { state } = this.#connection;
    this.#turn(state);
    this.#tabs?.state(state);
  }

  /** @returns {import("./connection.js").Listener} */
  #listener() {
    return {
      cursor: () => this.#orders.cursor,
      delivery: (delivery) => {
        const before = this.#orders.cursor;
        this.#apply(delivery);
        this.#tabs?.tell({ before, delivery });
      },
      state: (state) => {
        // Its end is told with its reason.
        if (state === "closed") return;
        this.#turn(state);
        this.#tabs?.state(state);
      },
      alive: () => this.#tabs?.alive(),
      failed: (error) => this.#emit("failure", error),
      closed: (reason) => {
        this.#tabs?.finish(reason);
        this.#over(reason);
      },
    };
  }

  /** @returns {Member} */
  #member() {
    return {
      lead: () => this.#lead(),
      follow: () => {
        this.#connection?.leave();
        this.#connection = undefined;
      },
      cursor: () => this.#orders.cursor,
      isSettled: () => this.#orders.isSettled,
      picture: () => this.#orders.picture(),
      state: () => this.state,
      delivery: (delivery) => this.#apply(delivery),
      adopt: (picture) => this.#adopt(picture),
      mirror: (state) => this.#turn(state),
      closed: (reason) => {
        this.#tabs?.close();
        this.#over(reason);
      },
    };
  }

  /** @param {Delivery} delivery */
  #apply(delivery) {
    const before = this.#orders.all;
    if (!this.#orders.apply(delivery)) return;
    if (delivery.type !== "position") this.#tell(delivery);
    if (this.#orders.all !== before) this.#changed();
  }

  /** Takes over what the leading tab knows. @param {Picture} picture */
  #adopt(picture) {
    // We are ahead of it: it will come by what we have.
    if (this.#orders.hasSeen(picture.cursor)) return;
    this.#orders.adopt(picture);
    for (const told of this.#present("behind")) this.#tell(told);
    this.#changed();
  }

  /** The present, told as a beginning. @param {string} reason @returns {Told[]} */
  #present(reason) {
    const orders = [...this.#orders.all.values()];
    const snapshots = orders.map((order) => ({ type: "snapshot", order }));
    return /** @type {Told[]} */ ([{ type: "reset", reason }, ...snapshots]);
  }

  /** @param {Told} told */
  #tell(told) {
    if (told.type === "reset" && this.#isBlank) return;
    this.#isBlank = false;
    this.lastUpdate = new Date(this.#clock.now());
    for (const queue of this.#queues) queue.push(told);
    if (told.type === "event") call(() => this.#options.onEvent?.(told, this));
    this.#emit(told.type, told);
  }

  #changed() {
    call(() => this.#options.onChange?.(this));
    this.#emit("change", this.#orders.all);
  }

  /** @param {State} state */
  #turn(state) {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    call(() => this.#options.onState?.(state, this));
    this.#emit("state", state);
  }

  /** @param {Closing} reason */
  #over(reason) {
    if (this.state === "closed") return;
    this.reason = reason;
    this.#leaves.abort();
    this.#turn("closed");
    this.#connection?.leave();
    for (const queue of this.#queues) queue.end();
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new Detailed(type, detail));
  }

  /** What the browser tells of networks and sleep. A hidden page goes on. */
  #listen() {
    const { window, document } = globalThis;
    const { signal } = this.#leaves;
    const woke = () => {
      this.#connection?.woke();
      this.#tabs?.woke();
    };
    window?.addEventListener("online", () => this.#connection?.online(), { signal });
    window?.addEventListener("offline", () => this.#connection?.offline(), { signal });
    window?.addEventListener("pageshow", woke, { signal });
    document?.addEventListener("resume", woke, { signal });
    document?.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && woke(),
      { signal },
    );
  }
}

/** As a `CustomEvent`, which not every runtime has. */
class Detailed extends Event {
  /** @param {string} type @param {unknown} detail */
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

/** @type {Clock} */
const CLOCK = {
  now: () => Date.now(),
  setTimeout: (then, after) => globalThis.setTimeout(then, after),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
  random: () => Math.random(),
};

/** Runs what is the page's own: it must not stop ours. @param {() => void} theirs */
function call(theirs) {
  try {
    theirs();
  } catch (error) {
    report(error);
  }
}
