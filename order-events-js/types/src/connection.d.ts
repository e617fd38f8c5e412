/**
 * Carries out what the reconnect machine decides: timers, requests, reading. What it reads it hands
 * on as deliveries, one after the other.
 */
import type { Delivery } from "./orders.js";
import type { Closing, State } from "./reconnect.js";
import type { Settings } from "./settings.js";
import type { Access } from "./transport.js";
export type Clock = {
    /**
     * in milliseconds since 1970
     */
    now: () => number;
    setTimeout: (then: () => void, after: number) => unknown;
    clearTimeout: (timer: any) => void;
    random: () => number;
};
export type Listener = {
    /**
     * where to go on from
     */
    cursor: () => string;
    delivery: (delivery: Delivery) => void;
    state: (state: State) => void;
    /**
     * something was heard
     */
    alive: () => void;
    /**
     * a try was in vain; there will be another
     */
    failed: (error: unknown) => void;
    closed: (reason: Closing) => void;
};
export declare class Connection {
    #private;
    /**
     * @param {{ url: URL, access: Access, refresh?: () => Promise<unknown> | unknown,
     *   settings: Settings, clock: Clock, listener: Listener }} options
     */
    constructor({ url, access, refresh, settings, clock, listener }: {
        url: URL;
        access: Access;
        refresh?: () => Promise<unknown> | unknown;
        settings: Settings;
        clock: Clock;
        listener: Listener;
    });
    /** @param {boolean} isOnline */
    start(isOnline: boolean): void;
    online(): void;
    offline(): void;
    woke(): void;
    /** @returns {State} */
    get state(): State;
    /** Ends it without a word to anybody. */
    leave(): void;
}
/**
 * An error of the page's own code, told as if nobody had caught it: it must not stop the stream.
 *
 * @param {unknown} error
 */
export declare function report(error: unknown): void;
