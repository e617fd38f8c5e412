import type { Face } from "./lifecycle.js";
import type { OrderStatus } from "../events.js";
/** @import { Face } from "./lifecycle.js" */
/** @import { OrderStatus } from "../events.js" */
/** @type {Readonly<Record<OrderStatus, Readonly<Face>>>} */
export declare const STATUSES: Readonly<Record<OrderStatus, Readonly<Face>>>;
