/**
 * What is known of orders: deliveries applied by cursor and version, so that what comes twice counts
 * once. Pure.
 */

/** @import { OrderEvent, OrderSnapshot, TimelineEntry, WorkEntry } from "../events.js" */
/** @import { Settings } from "./settings.js" */

/**
 * What a stream, a page or the leading tab tells.
 *
 * @typedef {{ type: "event", event: string, data: any, cursor: string }
 *   | { type: "snapshot", order: OrderSnapshot }
 *   | { type: "reset", reason: string }
 *   | { type: "position", cursor: string }} Delivery
 *
 * @typedef {object} Order an order as it stands
 * @property {string} orderId
 * @property {string | undefined} status its token; unknown until the order has been told of
 * @property {number} version
 * @property {string} [createdAt]
 * @property {string} updatedAt
 * @property {string} [customerId] for staff alone
 * @property {readonly TimelineEntry[]} timeline the last entries, oldest first
 * @property {WorkEntry} [work] the latest stage or progress
 *
 * @typedef {object} Picture everything that is known, to be told to another tab
 * @property {readonly Order[]} orders
 * @property {string} cursor
 */

/** The kinds that a timeline holds. */
const TIMELINE = new Set([
  "order.created",
  "order.status",
  "order.note",
  "order.assigned",
  "order.tracking",
  "order.failed",
]);

const WORK = new Set(["order.stage", "order.progress"]);

export class Orders {
  /** @type {ReadonlyMap<string, Order>} The orders as they stand. Another map after each change. */
  all = new Map();
  /** How far we were told; empty where we begin anew. Opaque. */
  cursor = "";

  #settings;
  #isOneOrder;
  /** @type {Map<string, Order> | undefined} The present, while it is being told after a reset. */
  #coming;
  /** @type {Set<string>} The latest cursors, oldest first. */
  #seen = new Set();

  /** @param {{ settings: Settings, isOneOrder: boolean }} options whether one order is watched */
  constructor({ settings, isOneOrder }) {
    this.#settings = settings;
    this.#isOneOrder = isOneOrder;
  }

  /**
   * Applies a delivery. False where it says nothing new, and is to be told to nobody.
   *
   * @param {Delivery} delivery
   */
  apply(delivery) {
    switch (delivery.type) {
      case "reset":
        this.#coming = new Map();
        this.#seen.clear();
        // From the old one nobody would be brought back what a beginning leaves out.
        this.cursor = "";
        return true;
      case "snapshot":
        return this.#replace(delivery.order);
      case "position":
        this.#arrive();
        this.#moveTo(delivery.cursor);
        this.cursor = delivery.cursor;
        return true;
      case "event":
        this.#arrive();
        return this.#moveTo(delivery.cursor) && this.#happened(delivery);
    }
  }

  /** Whether the present is known, and not just being told. */
  get isSettled() {
    return this.cursor !== "" && !this.#coming;
  }

  /** Whether this cursor has been come by. @param {string} cursor */
  hasSeen(cursor) {
    return this.#seen.has(cursor);
  }

  /** @returns {Picture} */
  picture() {
    return { orders: [...this.all.values()], cursor: this.cursor };
  }

  /** Takes over what another tab knows. @param {Picture} picture */
  adopt({ orders, cursor }) {
    this.#coming = undefined;
    this.all = new Map(orders.map((order) => [order.orderId, order]));
    this.#moveTo(cursor);
  }

  /** The present has been told: what is not in it is gone. */
  #arrive() {
    if (!this.#coming) return;
    this.all = this.#coming;
    this.#coming = undefined;
  }

  /** @param {string} cursor */
  #moveTo(cursor) {
    if (cursor === "") return true;
    if (this.#seen.has(cursor)) return false;
    this.#seen.add(cursor);
    if (this.#seen.size > this.#settings.remembered) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    this.cursor = cursor;
    return true;
  }

  /** @param {OrderSnapshot} order */
  #replace(order) {
    const { orderId, status, version, createdAt, updatedAt, customerId, timeline, work } = order;
    this.#set({ orderId, status, version, createdAt, updatedAt, customerId, timeline, work });
    return true;
  }

  /** @param {Order} order */
  #set(order) {
    const { orderId, version } = order;
    if (!this.#coming) {
      this.all = new Map(this.all).set(orderId, order);
    } else if (version >= (this.#coming.get(orderId)?.version ?? 0)) {
      // Of two pages the newer counts, whichever came first.
      this.#coming.set(orderId, order);
    }
  }

  /** @param {{ event: string, data: any }} told */
  #happened({ event, data }) {
    const { orderId, version } = data ?? {};
    // Of a service's own making, and about no order: it is told, and changes nothing.
    if (typeof orderId !== "string" || typeof version !== "number") return true;
    let known = this.all.get(orderId);
    if (known && this.#beginsAnew(event, version, known)) known = undefined;
    if (version <= (known?.version ?? 0)) return false;
    if (event === "order.deleted") {
      const left = new Map(this.all);
      left.delete(orderId);
      this.all = left;
      return true;
    }
    this.#set(after(known, event, data, this.#settings.timeline));
    return true;
  }

  /**
   * Whether an order has another life, of which what is known is no part. One that becomes a
   * customer's may be that for who watches several; whoever knew it before it was goes on.
   *
   * @param {string} event @param {number} version @param {Order} known
   */
  #beginsAnew(event, version, known) {
    if (event === "order.created" || version === 1) return true;
    return event === "order.customer" && !this.#isOneOrder && version <= known.version;
  }
}

/**
 * An order after an event.
 *
 * @param {Order | undefined} before
 * @param {string} event
 * @param {any} data
 * @param {number} entries how many a timeline keeps
 * @returns {Order}
 */
function after(before, event, data, entries) {
  const entry = /** @type {any} */ ({ event, data });
  const timeline = before?.timeline ?? [];
  return {
    orderId: data.orderId,
    status: data.status ?? before?.status,
    version: data.version,
    createdAt: event === "order.created" ? data.timestamp : before?.createdAt,
    updatedAt: data.timestamp,
    customerId: data.customerId ?? before?.customerId,
    timeline: TIMELINE.has(event) ? [...timeline, entry].slice(-entries) : timeline,
    work: WORK.has(event) ? entry : before?.work,
  };
}
