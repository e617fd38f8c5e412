"use client";

/**
 * An order's status in React.
 */

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";

import { watchOrder } from "./order-events.js";

/** @import { TimelineEntry } from "./events.js" */
/** @import { OrderWatch, State, WatchOptions } from "./order-events.js" */

/**
 * @typedef {object} OrderStatusView
 * @property {string | undefined} status its token; undefined until it is known
 * @property {number} version 0 until it is known
 * @property {readonly TimelineEntry[]} timeline the last entries, oldest first
 * @property {boolean} isConnected whether changes come by themselves, by a stream or by polling
 * @property {"stream" | "polling" | "none"} connectionType
 * @property {Date | undefined} lastUpdate when something was last told
 * @property {State} state what a badge shows
 *
 * @typedef {object} Notification
 * @property {string} orderId
 * @property {string} oldStatus
 * @property {string} newStatus
 * @property {string | undefined} note what was said with the change
 *
 * @typedef {object} HookOptions
 * @property {string | URL} [base] below which address the routes are
 * @property {(change: Notification) => void} [onNotification] the order moved on while it was watched
 *
 * @typedef {Omit<WatchOptions, "known" | "signal" | "onEvent" | "onChange" | "onState"> & HookOptions} Options
 */

/** @type {OrderStatusView} */
const UNKNOWN = Object.freeze({
  status: undefined,
  version: 0,
  timeline: Object.freeze([]),
  isConnected: false,
  connectionType: "none",
  lastUpdate: undefined,
  state: "connecting",
});

/**
 * Watches an order for as long as the component is there. Another order, user or address is another
 * watch; functions may be new each time they are rendered.
 *
 * @param {string} orderId
 * @param {Options} [options]
 * @returns {OrderStatusView}
 */
export function useOrderStatus(orderId, options = {}) {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { user, base, credentials } = options;
  const address = base?.toString();
  const hasHeaders = options.headers !== undefined;
  const hasRefresh = options.refresh !== undefined;
  const source = useMemo(
    () =>
      new Source(orderId, latest, {
        ...(user === undefined ? {} : { user }),
        ...(address === undefined ? {} : { base: address }),
        ...(credentials === undefined ? {} : { credentials }),
        ...(hasHeaders ? { headers: () => latest.current.headers?.() ?? {} } : {}),
        ...(hasRefresh ? { refresh: () => latest.current.refresh?.() } : {}),
      }),
    [orderId, user, address, credentials, hasHeaders, hasRefresh],
  );
  return useSyncExternalStore(source.subscribe, source.view, unknown);
}

/** What is rendered where there is no browser. */
function unknown() {
  return UNKNOWN;
}

/** A watch as React wants it: begun by the first who subscribes, ended by the last who leaves. */
class Source {
  #orderId;
  #latest;
  #options;
  /** @type {OrderWatch | undefined} */
  #watch;
  /** @type {Set<() => void>} */
  #subscribers = new Set();
  #view = UNKNOWN;

  /**
   * @param {string} orderId @param {{ current: Options }} latest
   * @param {Parameters<typeof watchOrder>[1]} options
   */
  constructor(orderId, latest, options) {
    this.#orderId = orderId;
    this.#latest = latest;
    this.#options = options;
  }

  view = () => this.#view;

  /** @param {() => void} changed */
  subscribe = (changed) => {
    this.#subscribers.add(changed);
    this.#watch ??= this.#begin();
    return () => {
      this.#subscribers.delete(changed);
      if (this.#subscribers.size > 0) return;
      const watch = this.#watch;
      this.#watch = undefined;
      watch?.close();
    };
  };

  #begin() {
    const { fetch, settings, clock } = this.#latest.current;
    const turn = (/** @type {OrderWatch} */ watch) => this.#turn(watch);
    // What was known stays on the page until it is told anew.
    this.#view = { ...this.#view, state: "connecting", isConnected: false, connectionType: "none" };
    return watchOrder(this.#orderId, {
      ...this.#options,
      ...(fetch ? { fetch } : {}),
      ...(settings ? { settings } : {}),
      ...(clock ? { clock } : {}),
      onChange: turn,
      onState: (_, watch) => turn(watch),
    });
  }

  /** @param {OrderWatch} watch */
  #turn(watch) {
    const { order, state, lastUpdate } = watch;
    const before = this.#view;
    this.#view = {
      status: order?.status,
      version: order?.version ?? 0,
      timeline: order?.timeline ?? UNKNOWN.timeline,
      isConnected: state === "live" || state === "polling",
      connectionType: state === "live" ? "stream" : state === "polling" ? "polling" : "none",
      lastUpdate,
      state,
    };
    for (const changed of this.#subscribers) changed();
    this.#notify(before.status, this.#view);
  }

  /** @param {string | undefined} oldStatus @param {OrderStatusView} view */
  #notify(oldStatus, { status: newStatus, timeline }) {
    if (oldStatus === undefined || newStatus === undefined || oldStatus === newStatus) return;
    const move = timeline.findLast(({ event }) => event === "order.status");
    const note = move?.event === "order.status" ? move.data.note : undefined;
    const change = { orderId: this.#orderId, oldStatus, newStatus, note };
    this.#latest.current.onNotification?.(change);
  }
}
