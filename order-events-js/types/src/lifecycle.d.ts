/**
 * What may become of an order, and what a page shows of it. The table is the server's own, generated
 * from it; the server decides, and this lets a page draw the steps and offer no move in vain.
 */
import { STATUSES } from "./statuses.js";
import type { OrderStatus } from "../events.js";
export type Face = {
    label: string;
    /**
     * a sentence for the customer
     */
    description: string;
    /**
     * on a progress bar, from 1; none where the status is off the way
     */
    step: number | null;
    /**
     * a role
     */
    color: "neutral" | "info" | "progress" | "success" | "warning" | "danger";
    /**
     * the name of one
     */
    icon: string;
    finality: "open" | "quiet" | "final";
    /**
     * what it may become
     */
    next: readonly OrderStatus[];
};
/** @import { OrderStatus } from "../events.js" */
/**
 * @typedef {object} Face what a page shows of a status
 * @property {string} label
 * @property {string} description a sentence for the customer
 * @property {number | null} step on a progress bar, from 1; none where the status is off the way
 * @property {"neutral" | "info" | "progress" | "success" | "warning" | "danger"} color a role
 * @property {string} icon the name of one
 * @property {"open" | "quiet" | "final"} finality
 * @property {readonly OrderStatus[]} next what it may become
 */
export { STATUSES };
/** Whether this is a status that the table has. @param {unknown} status @returns {status is OrderStatus} */
export declare function isStatus(status: unknown): status is OrderStatus;
/** What an order may become. Nothing, where the table does not have its status. @param {string} status */
export declare function nextStatuses(status: string): readonly OrderStatus[];
/** Whether an order may become that. @param {string} from @param {string} to */
export declare function canBecome(from: string, to: string): boolean;
/** Whether nothing can follow. @param {string} status */
export declare function isFinal(status: string): boolean;
/** The statuses on the way, in the order of their steps. @returns {OrderStatus[]} */
export declare function steps(): OrderStatus[];
