/**
 * What is known of orders: deliveries applied by cursor and version, so that what comes twice counts
 * once. Pure.
 */
import type { OrderSnapshot, TimelineEntry, WorkEntry } from "../events.js";
import type { Settings } from "./settings.js";
export type Delivery = {
    type: "event";
    event: string;
    data: any;
    cursor: string;
} | {
    type: "snapshot";
    order: OrderSnapshot;
} | {
    type: "reset";
    reason: string;
} | {
    type: "position";
    cursor: string;
};
export type Order = {
    orderId: string;
    /**
     * its token; unknown until the order has been told of
     */
    status: string | undefined;
    version: number;
    createdAt?: string;
    updatedAt: string;
    /**
     * for staff alone
     */
    customerId?: string;
    /**
     * the last entries, oldest first
     */
    timeline: readonly TimelineEntry[];
    /**
     * the latest stage or progress
     */
    work?: WorkEntry;
};
export type Picture = {
    orders: readonly Order[];
    cursor: string;
};
export declare class Orders {
    #private;
    /** @type {ReadonlyMap<string, Order>} The orders as they stand. Another map after each change. */
    all: ReadonlyMap<string, Order>;
    /** How far we were told; empty where we begin anew. Opaque. */
    cursor: string;
    /** @param {{ settings: Settings, isOneOrder: boolean }} options whether one order is watched */
    constructor({ settings, isOneOrder }: {
        settings: Settings;
        isOneOrder: boolean;
    });
    /**
     * Applies a delivery. False where it says nothing new, and is to be told to nobody.
     *
     * @param {Delivery} delivery
     */
    apply(delivery: Delivery): boolean;
    /** Whether the present is known, and not just being told. */
    get isSettled(): boolean;
    /** Whether this cursor has been come by. @param {string} cursor */
    hasSeen(cursor: string): boolean;
    /** @returns {Picture} */
    picture(): Picture;
    /** Takes over what another tab knows. @param {Picture} picture */
    adopt({ orders, cursor }: Picture): void;
}
