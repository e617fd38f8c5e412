/** Moving by dragging. Who cannot or will not drag has the buttons. */

import { canBecome } from "./order-events-js/order-events.js";

/** @type {{ order: object, card: HTMLElement } | undefined} The order as it was seen when it was taken. */
let dragged;

/** A card that may be taken. `current` gives its order as it stands. */
export function mayBeTaken(card, current) {
  card.addEventListener("dragstart", (event) => {
    const order = current();
    if (!order) return event.preventDefault();
    dragged = { order, card };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", order.orderId);
    card.toggleAttribute("data-dragged", true);
    for (const column of columns()) {
      const { status } = column.dataset;
      const may = status === order.status ? "from" : canBecome(order.status, status) ? "to" : "no";
      column.dataset.drop = may;
    }
  });
  card.addEventListener("dragend", letGo);
}

/** A column into which a card may be put, where the lifecycle says so. */
export function mayTake(column, move) {
  const { status } = column.dataset;
  const isWelcome = () => dragged !== undefined && canBecome(dragged.order.status, status);
  column.addEventListener("dragover", (event) => {
    if (!isWelcome()) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    column.toggleAttribute("data-over", true);
  });
  column.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!column.contains(relatedTarget)) column.removeAttribute("data-over");
  });
  column.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!isWelcome()) return;
    const { order } = dragged;
    letGo();
    move(order, status);
  });
}

function letGo() {
  dragged?.card.removeAttribute("data-dragged");
  dragged = undefined;
  for (const column of columns()) {
    delete column.dataset.drop;
    column.removeAttribute("data-over");
  }
}

const columns = () => document.querySelectorAll(".column");
