/** One order on the board. What stays of a card is not made anew, so that it keeps the focus. */

import { nextStatuses } from "./order-events-js/order-events.js";
import { linkTo } from "./chosen.js";
import { ACTIONS, onPress } from "./desk.js";
import { element, icon } from "./dom.js";
import { face, nobody } from "./people.js";
import { assignee, due, inShort } from "./ticket.js";

export class Card {
  /** @param {(to: string) => void} move */
  constructor(orderId, move) {
    this.orderId = orderId;
    this.body = element("div", { class: "ticket-body" });
    const href = linkTo(orderId);
    // Else it is the link that is taken, and not the card.
    this.link = element("a", { class: "ticket-link", href, draggable: "false" });
    this.foot = element("div", { class: "ticket-foot" });
    this.step = element("button", { type: "button", class: "step" });
    this.item = element(
      "li",
      { class: "ticket", "data-order": orderId, draggable: "true" },
      element("h3", {}, this.link),
      this.body,
      this.foot,
      this.step,
    );
    onPress(this.step, () => move(this.step.dataset.to));
  }

  /**
   * @param {import("./order-events-js/src/orders.js").Order} order
   * @param {{ ticket: object | undefined, others: string[], isBusy: boolean, isOpen: boolean }} more
   */
  draw(order, { ticket, others, isBusy, isOpen }) {
    const { orderId, status } = order;
    const [next] = nextStatuses(status);
    const name = ticket?.recipient ?? `Order ${orderId}`;
    this.item.toggleAttribute("data-open", isOpen);
    this.item.toggleAttribute("data-busy", isBusy);
    this.link.removeAttribute("aria-current");
    if (isOpen) this.link.setAttribute("aria-current", "true");
    if (this.link.textContent !== name) this.link.textContent = name;
    this.body.replaceChildren(...about(order, ticket));
    this.foot.replaceChildren(...foot(order, others));
    this.step.hidden = next === undefined || status === "DELIVERED";
    this.step.dataset.to = next;
    this.step.setAttribute("aria-disabled", String(isBusy));
    const label = ACTIONS[next] ?? "";
    if (this.step.textContent === label) return;
    const aside = element("span", { class: "visually-hidden" }, `: ${orderId}, ${name}`);
    this.step.replaceChildren(label, aside);
  }
}

function about(order, ticket) {
  const number = element("p", { class: "ticket-number" }, `Order ${order.orderId} `);
  if (!ticket) return [number];
  number.append(due(ticket, order));
  return [element("p", { class: "ticket-items" }, inShort(ticket)), number];
}

function foot({ timeline }, others) {
  const name = assignee({ timeline });
  const notes = timeline.filter(({ event }) => event === "order.note").length;
  const said = (text) => element("span", { class: "visually-hidden" }, text);
  const parts = [
    element("span", { class: "owner" }, said("Looked after by "), name ? face(name) : nobody()),
    notes > 0 && element("span", { class: "notes" }, said("Notes: "), icon("note"), String(notes)),
    others.length > 0 &&
      element("span", { class: "eyes" }, said("Looking at it: "), icon("eye"), ...others.map(face)),
  ];
  return parts.filter(Boolean);
}
