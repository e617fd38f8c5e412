/**
 * Every limit and default of the client, each with its reason. All times are in milliseconds.
 *
 * @typedef {Record<keyof typeof DEFAULTS, number>} Settings
 */
export type Settings = Record<keyof typeof DEFAULTS, number>;
export declare const DEFAULTS: Readonly<{
    /** What is expected between two heartbeats until the server says what it does: its own default,
     * and the fifth by which it may be longer. */
    heartbeat: 18000;
    /** After how many heartbeats without a byte a stream is given up. Two may be lost or late. */
    silence: 2.5;
    /** After how many without a byte it is called stale: one is overdue. */
    stale: 1.25;
    /** How long the head of an answer may take. The server itself waits 5 s each for whoever
     * authorises and for the log before it refuses. */
    head: 15000;
    /** How long after its head a stream's first byte may take. The server sends it at once, so what
     * takes longer is held back by somebody in between. */
    firstByte: 5000;
    /** What the wait after a first failure is drawn from; it doubles with each further one. */
    backoff: 1000;
    /** Where doubling ends. */
    maxBackoff: 30000;
    /** The longest that a server's word to come back later is taken for. */
    maxTold: number;
    /** Who has been connected for as long has not failed, however it ended. */
    stable: 10000;
    /** After how many failures in a row polling takes over. */
    pollAfter: 3;
    /** How long the server is asked to hold a poll: below the 30 s that it is ready to, and below the
     * 60 s after which proxies give up. In whole seconds. */
    pollWait: 25000;
    /** How long a poll may take beyond that. */
    pollSlack: 10000;
    /** The pause after an empty poll that was not held: without it, a server that knows no `wait`
     * would be asked without end. */
    pollPause: 3000;
    /** How long to poll before a stream is tried again; it doubles each time in vain … */
    probe: 30000;
    /** … up to this. */
    maxProbe: number;
    /** After how long without a word of the leading tab the others ask whether it is there. */
    leaderSilence: 30000;
    /** How long it may take to answer. One that does not is frozen, and another takes its place. */
    leaderAnswer: 5000;
    /** The longest line of a stream, in bytes. Many times the longest event that a server makes. */
    lineBytes: number;
    /** The most data of one event, in bytes of UTF-8. */
    dataBytes: number;
    /** How many cursors are remembered, to know again what comes twice; and how many deliveries the
     * leading tab keeps for those that missed some. */
    remembered: 1024;
    /** How much an iterator may lag behind before it is brought to the present by a reset. */
    backlog: 1024;
    /** The entries of a timeline, as the server keeps them. */
    timeline: 64;
}>;
/**
 * The defaults, changed.
 *
 * @param {Partial<Settings>} [changes]
 * @returns {Settings}
 */
export declare function settings(changes?: Partial<Settings>): Settings;
