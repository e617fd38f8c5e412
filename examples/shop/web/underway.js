/** What is said of orders at this page, from the press until the page shows what came of it. */

import { tell } from "./desk.js";

export class UnderWay {
  /** The version that an order is to come to; infinite while nobody has answered. */
  #awaited = new Map();
  /** The version that an order came to by what was last said of it here. */
  #own = new Map();
  #draw;
  #resets = 0;

  /** @param {() => void} draw shows that something is on its way, or is not any more */
  constructor(watch, draw) {
    this.#draw = draw;
    // Versions of a log that was lost are never come to.
    watch.addEventListener("reset", () => {
      this.#resets += 1;
      this.#own.clear();
      for (const [orderId, version] of this.#awaited) {
        if (version !== Number.POSITIVE_INFINITY) this.#awaited.delete(orderId);
      }
    });
  }

  /** Whether a step of an order is on its way, or not on the page yet. */
  has({ orderId, version }) {
    if ((this.#awaited.get(orderId) ?? 0) <= version) this.#awaited.delete(orderId);
    return this.#awaited.has(orderId);
  }

  /**
   * The version of an order that whoever is at the page knows. What they said themselves they know
   * before it is on the page, where nobody else's word came before it.
   */
  seen({ orderId, version }) {
    const own = this.#own.get(orderId);
    return own === version + 1 ? own : version;
  }

  /** Says what takes nothing from anybody. Throws a `Refusal` where the shop says no. */
  async remark(orderId, what, body) {
    const resets = this.#resets;
    const { version } = await tell(orderId, what, body);
    if (resets === this.#resets) this.#own.set(orderId, version);
    return version;
  }

  /** Says a step of an order as it was seen: until it is on the page there is no other. */
  async step(order, what, body) {
    const { orderId } = order;
    const resets = this.#resets;
    this.#awaited.set(orderId, Number.POSITIVE_INFINITY);
    this.#draw();
    let version = 0;
    try {
      version = await this.remark(orderId, what, { ...body, version: this.seen(order) });
    } finally {
      this.#awaited.set(orderId, resets === this.#resets ? version : 0);
      this.#draw();
    }
  }
}
