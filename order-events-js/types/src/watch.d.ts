/**
 * What a page holds in its hands: an order, or many, as they stand and as they change.
 */
import type { Clock } from "./connection.js";
import type { Delivery, Order, Picture } from "./orders.js";
import type { Closing, State } from "./reconnect.js";
import type { Settings } from "./settings.js";
import type { Access } from "./transport.js";
export type Told = Exclude<Delivery, {
    type: "position";
}>;
export type WatchOwn = {
    /**
     * who is signed in. Tabs of one user share one connection; without it each
     * tab has its own, for nobody knows whether another tab's user may see the same
     */
    user?: string;
    /**
     * renews the sign-in after a 401, once; to resolve to `false`
     * where nobody is signed in any more, and to throw where that could not be found out
     */
    refresh?: () => unknown;
    /**
     * orders as they stood at a cursor, to go on from: what came with the
     * page, say
     */
    known?: Picture;
    /**
     * closes the watch
     */
    signal?: AbortSignal;
    onEvent?: (told: Told & {
        type: "event";
    }, watch: OrderWatch) => void;
    /**
     * what is known of orders has changed
     */
    onChange?: (watch: OrderWatch) => void;
    onState?: (state: State, watch: OrderWatch) => void;
    /**
     * other limits and times than the defaults
     */
    settings?: Partial<Settings>;
    /**
     * for tests
     */
    clock?: Clock;
};
export type WatchOptions = Access & WatchOwn;
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
export declare function watch(url: string | URL, options?: WatchOptions): OrderWatch;
/**
 * Watches one order.
 *
 * @param {string} orderId
 * @param {WatchOptions & { base?: string | URL }} [options] and below which address the routes are:
 *   `/` unless told otherwise
 */
export declare function watchOrder(orderId: string, { base, ...options }?: WatchOptions & {
    base?: string | URL;
}): OrderWatch;
/**
 * A watch. It begins by itself, and ends by `close()`, by its signal, when the order is finished, or
 * when the server does not let us in; then its state is `closed`, and `reason` says why.
 *
 * Told three ways, each of them once: by callbacks; as events `event`, `snapshot`, `reset`,
 * `change`, `state` and `failure` (a try that was in vain) with a `detail`; and by iterating over it.
 */
export declare class OrderWatch extends EventTarget {
    #private;
    /** @type {State} */
    state: State;
    /** @type {Closing | undefined} Why it is closed. */
    reason: Closing | undefined;
    /** @type {Date | undefined} When something was last told. */
    lastUpdate: Date | undefined;
    /** @param {string | URL} url @param {WatchOptions} options @param {string | undefined} orderId */
    constructor(url: string | URL, options: WatchOptions, orderId: string | undefined);
    /** The orders as they stand, by id. The same map until something changes. */
    get orders(): ReadonlyMap<string, Order>;
    /** The one order that is watched; of several, none. Undefined until it is known. */
    get order(): Order | undefined;
    /** How far we were told. Opaque. */
    get cursor(): string;
    close(): void;
    /**
     * What happens from now on. Ends with the watch, and throws where the server did not let us in.
     * Whoever lags far behind is brought to the present by a reset.
     *
     * @returns {AsyncGenerator<Told, void, void>}
     */
    [Symbol.asyncIterator](): AsyncGenerator<Told, void, void>;
}
