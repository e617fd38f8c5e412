/**
 * Orders as they change, in the browser: streams that reconnect, fall back to polling, and lose
 * nothing.
 */

export { DecodeError, Decoder } from "./src/decoder.js";
export { STATUSES, canBecome, isFinal, isStatus, nextStatuses, steps } from "./src/lifecycle.js";
export { DEFAULTS } from "./src/settings.js";
export { OrderWatch, watch, watchOrder } from "./src/watch.js";

/** @typedef {import("./src/lifecycle.js").Face} Face */
/** @typedef {import("./src/orders.js").Order} Order */
/** @typedef {import("./src/reconnect.js").Closing} Closing */
/** @typedef {import("./src/reconnect.js").State} State */
/** @typedef {import("./src/settings.js").Settings} Settings */
/** @typedef {import("./src/watch.js").Told} Told */
/** @typedef {import("./src/watch.js").WatchOptions} WatchOptions */
