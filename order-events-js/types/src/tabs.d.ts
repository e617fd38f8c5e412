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
import type { Clock } from "./connection.js";
import type { Delivery, Picture } from "./orders.js";
import type { Closing, State } from "./reconnect.js";
import type { Settings } from "./settings.js";
export type Member = {
    /**
     * connects
     */
    lead: () => void;
    /**
     * disconnects: another tab leads
     */
    follow: () => void;
    cursor: () => string;
    /**
     * whether it has a picture to show to others
     */
    isSettled: () => boolean;
    picture: () => Picture;
    state: () => State;
    delivery: (delivery: Delivery) => void;
    adopt: (picture: Picture) => void;
    mirror: (state: State) => void;
    closed: (reason: Closing) => void;
};
export type Told = {
    before: string;
    delivery: Delivery;
};
export type Word = {
    kind: "lead";
    term: string;
} | {
    kind: "hello";
    from: string;
    cursor: string;
} | {
    kind: "since";
    to: string;
    term: string;
    seq: number;
    state: State;
    told?: Delivery[];
    picture?: Picture;
} | {
    kind: "told";
    term: string;
    seq: number;
    delivery: Delivery;
} | {
    kind: "state";
    state: State;
} | {
    kind: "alive";
} | {
    kind: "here";
} | {
    kind: "closed";
    term: string;
    seq: number;
    reason: Closing;
};
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
export declare class Tabs {
    #private;
    /**
     * @param {{ key: string, settings: Settings, clock: Clock, member: Member, locks: LockManager,
     *   channel: BroadcastChannel }} options
     */
    constructor({ key, settings, clock, member, locks, channel }: {
        key: string;
        settings: Settings;
        clock: Clock;
        member: Member;
        locks: LockManager;
        channel: BroadcastChannel;
    });
    start(): void;
    /** Leaves the others to themselves. */
    close(): void;
    /** Of the leader: its connection told this, which moved it on from `before`. @param {Told} told */
    tell(told: Told): void;
    /** Of the leader. @param {State} state */
    state(state: State): void;
    /** Of the leader: its connection was heard. */
    alive(): void;
    /** Of the leader: nothing follows, for nobody. @param {Closing} reason */
    finish(reason: Closing): void;
    /** The page was asleep: is the leader still there? */
    woke(): void;
}
