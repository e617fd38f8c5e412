// Generated from the server's table by api-docs; UPDATE_DOCS=1 writes it anew.

/** @import { Face } from "./lifecycle.js" */
/** @import { OrderStatus } from "../events.js" */

/** @type {Readonly<Record<OrderStatus, Readonly<Face>>>} */
export const STATUSES = {
  PENDING: {
    label: "Pending",
    description: "We have received your order.",
    step: 1,
    color: "info",
    icon: "clock",
    finality: "open",
    next: ["PROCESSING", "CANCELLED"],
  },
  PROCESSING: {
    label: "Processing",
    description: "We are preparing your order.",
    step: 2,
    color: "progress",
    icon: "package",
    finality: "open",
    next: ["SHIPPED", "CANCELLED", "REFUNDED"],
  },
  SHIPPED: {
    label: "Shipped",
    description: "Your order is on its way.",
    step: 3,
    color: "progress",
    icon: "truck",
    finality: "open",
    next: ["DELIVERED", "REFUNDED"],
  },
  DELIVERED: {
    label: "Delivered",
    description: "Your order has arrived.",
    step: 4,
    color: "success",
    icon: "check",
    finality: "quiet",
    next: ["REFUNDED"],
  },
  CANCELLED: {
    label: "Cancelled",
    description: "Your order was cancelled.",
    step: null,
    color: "danger",
    icon: "cross",
    finality: "final",
    next: [],
  },
  REFUNDED: {
    label: "Refunded",
    description: "Your payment was returned.",
    step: null,
    color: "warning",
    icon: "undo",
    finality: "final",
    next: [],
  },
};
