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
import type { Settings } from "./settings.js";
export type State = "connecting" | "live" | "polling" | "stale" | "offline" | "closed";
export type Closing = "final" | "closed" | "unauthenticated" | "forbidden" | "not-found" | "schema";
export type Command = {
    do: "open";
    form: "stream" | "page";
    attempt: number;
    wait: number;
} | {
    do: "abort";
} | {
    do: "refresh";
} | {
    do: "close";
    reason: Closing;
};
export type Phase = "idle" | "opening" | "answered" | "open" | "waiting" | "refreshing" | "closed";
export declare class Reconnect {
    #private;
    /** @param {{ settings: Settings, random: () => number, canRefresh?: boolean }} options */
    constructor({ settings, random, canRefresh }: {
        settings: Settings;
        random: () => number;
        canRefresh?: boolean;
    });
    /** @returns {State} */
    get state(): State;
    /** When `tick` must be called at the latest. @returns {number | undefined} */
    get deadline(): number | undefined;
    /** @param {number} now @param {boolean} isOnline @returns {Command[]} */
    start(now: number, isOnline: boolean): Command[];
    /** The head of an answer came, and it is what was asked for. @param {number} now */
    answered(now: number): void;
    /** Bytes of a stream came, or a part of a long answer. @param {number} now */
    heard(now: number): void;
    /** The stream said that it is one of ours, and how often it will speak. @param {number} heartbeat */
    ready(heartbeat: number): void;
    /** The server speaks a version that we would misread. @returns {Command[]} */
    misread(): Command[];
    /** The stream said how long to wait before coming back. @param {number} retry */
    told(retry: number): void;
    /**
     * A stream, or the page that told it, ended with a word.
     *
     * @param {number} now @param {string} reason
     * @param {number} [retry] how long to wait, where the end says so
     * @returns {Command[]}
     */
    ended(now: number, reason: string, retry?: number): Command[];
    /**
     * The connection was lost, could not be had, or what came was no answer to the question.
     *
     * @param {number} now
     * @returns {Command[]}
     */
    lost(now: number): Command[];
    /**
     * The server refused, by a status.
     *
     * @param {number} now @param {number} status
     * @param {number} [retryAfter] in milliseconds
     * @returns {Command[]}
     */
    refused(now: number, status: number, retryAfter?: number): Command[];
    /**
     * What came of the refresh: `undefined` where it could not be found out.
     *
     * @param {number} now @param {boolean | undefined} isSignedIn
     * @returns {Command[]}
     */
    refreshed(now: number, isSignedIn: boolean | undefined): Command[];
    /**
     * A poll was answered.
     *
     * @param {number} now @param {{ more: boolean, isEmpty: boolean }} page
     * @returns {Command[]}
     */
    paged(now: number, { more, isEmpty }: {
        more: boolean;
        isEmpty: boolean;
    }): Command[];
    /** @param {number} now @returns {Command[]} */
    online(now: number): Command[];
    offline(): void;
    /**
     * The page was asleep, hidden or in a cache, and is not any more.
     *
     * @param {number} now
     * @returns {Command[]}
     */
    woke(now: number): Command[];
    /** The deadline has come. @param {number} now @returns {Command[]} */
    tick(now: number): Command[];
    /** @returns {Command[]} */
    close(): Command[];
}
