/** Who is to look after the open order: it follows the order, unless somebody is just choosing. */

import { at, element } from "./dom.js";
import { assignee } from "./ticket.js";

export class Assignee {
  #select = at("assignee");
  #orderId;
  /** What was shown last: whoever chose has made it something else. */
  #shown = this.#select.value;

  /** Who there is to choose from. */
  learn(florists) {
    const options = florists.map(({ id, name }) => element("option", { value: id }, name));
    this.#select.append(...options);
  }

  draw(order) {
    const isChoosing = order.orderId === this.#orderId && this.#select.value !== this.#shown;
    if (isChoosing) return;
    this.#orderId = order.orderId;
    this.#show(assignee(order));
  }

  /** Nothing is being chosen any more: it is done, or was given up. */
  letGo() {
    this.#orderId = undefined;
  }

  /** The account and the name that are chosen. */
  get chosen() {
    const [{ value, textContent }] = this.#select.selectedOptions;
    return [value, textContent];
  }

  #show(name) {
    const options = [...this.#select.options];
    const { value } = options.find(({ textContent }) => textContent === name) ?? options[0];
    if (this.#select.value !== value) this.#select.value = value;
    this.#shown = value;
  }
}
