import type { TimelineEntry } from "./events.js";
import type { State, WatchOptions } from "./order-events.js";
export type OrderStatusView = {
    /**
     * its token; undefined until it is known
     */
    status: string | undefined;
    /**
     * 0 until it is known
     */
    version: number;
    /**
     * the last entries, oldest first
     */
    timeline: readonly TimelineEntry[];
    /**
     * whether changes come by themselves, by a stream or by polling
     */
    isConnected: boolean;
    connectionType: "stream" | "polling" | "none";
    /**
     * when something was last told
     */
    lastUpdate: Date | undefined;
    /**
     * what a badge shows
     */
    state: State;
};
export type Notification = {
    orderId: string;
    oldStatus: string;
    newStatus: string;
    /**
     * what was said with the change
     */
    note: string | undefined;
};
export type HookOptions = {
    /**
     * below which address the routes are
     */
    base?: string | URL;
    /**
     * the order moved on while it was watched
     */
    onNotification?: (change: Notification) => void;
};
export type Options = Omit<WatchOptions, "known" | "signal" | "onEvent" | "onChange" | "onState"> & HookOptions;
/**
 * Watches an order for as long as the component is there. Another order, user or address is another
 * watch; functions may be new each time they are rendered.
 *
 * @param {string} orderId
 * @param {Options} [options]
 * @returns {OrderStatusView}
 */
export declare function useOrderStatus(orderId: string, options?: Options): OrderStatusView;
