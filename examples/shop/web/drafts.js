/** What is being written of an order: kept for it while another is worked on. */

export class Drafts {
  /** @type {Map<HTMLTextAreaElement | HTMLInputElement, Map<string, string>>} by order */
  #kept;
  #orderId;

  constructor(fields) {
    this.#kept = new Map(fields.map((field) => [field, new Map()]));
  }

  /** Another order is worked on. Of what else was begun for the last one nothing is for it. */
  turnTo(orderId) {
    for (const [field, texts] of this.#kept) {
      if (this.#orderId === undefined) continue;
      if (field.value) texts.set(this.#orderId, field.value);
      else texts.delete(this.#orderId);
    }
    for (const form of new Set([...this.#kept.keys()].map(({ form }) => form))) form.reset();
    for (const [field, texts] of this.#kept) field.value = texts.get(orderId) ?? "";
    this.#orderId = orderId;
  }

  /** It was said of an order. */
  drop(orderId, field) {
    this.#kept.get(field).delete(orderId);
    if (orderId === this.#orderId) field.value = "";
  }
}
