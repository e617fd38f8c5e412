/** Everybody's orders, in a column for each status. */

import { STATUSES, watch as watchEvents } from "./order-events-js/order-events.js";
import { act, moving } from "./acting.js";
import { followBook } from "./book.js";
import { Card } from "./card.js";
import { chosen } from "./chosen.js";
import { openDetail } from "./detail.js";
import { at, element, fill, focusFirst, icon } from "./dom.js";
import { mayBeTaken, mayTake } from "./dragging.js";
import { follow } from "./follow.js";
import { ME, followPeople } from "./people.js";
import { OURS } from "./server.js";
import { UnderWay } from "./underway.js";

/** What is late is seen to be, without anything happening. */
const EVERY = 30_000;

/** @type {Map<string, Card>} */
const cards = new Map();

const watch = watchEvents("/api/events", OURS);
const columns = new Map(Object.entries(STATUSES).map(([status, look]) => [status, column(status, look)]));
at("board").append(...columns.values());
follow(watch, {
  about: (orderId) => `Order ${orderId}: `,
  // What they did themselves they know.
  isNews: ({ data }) => data.actor !== ME,
});
const underWay = new UnderWay(watch, () => draw());
const ticket = followBook("/api/staff/tickets", watch, () => draw());
const others = followPeople(() => draw());
const detail = openDetail({
  order: (orderId) => watch.orders.get(orderId),
  ticket,
  others,
  underWay,
  draw: () => draw(),
});
watch.addEventListener("change", draw);
setInterval(draw, EVERY);
detail.select();

function column(status, { label, icon: name, color }) {
  const title = `column-${status}`;
  const made = element(
    "section",
    { class: "column", "data-status": status, "data-color": color, "aria-labelledby": title },
    element(
      "h2",
      { id: title },
      icon(name),
      label,
      element("span", { class: "visually-hidden" }, ", "),
      element("span", { class: "tally" }, "0"),
    ),
    element("ul", { role: "list" }),
    element("p", { class: "none quiet" }, "Nothing here"),
  );
  mayTake(made, (order, to) => void act(order, moving(to), underWay));
  return made;
}

function draw() {
  const focus = document.activeElement;
  for (const [status, column] of columns) drawColumn(status, column);
  keepFocus(focus);
  detail.draw();
}

/**
 * A card that changes its column takes its focus along: where the last step had it, and there is none
 * any more, to its link.
 */
function keepFocus(focus) {
  const card = focus?.closest(".ticket");
  if (!card || (focus === document.activeElement && !focus.hidden)) return;
  focusFirst(focus, card.querySelector("a"), at("main"));
}

function drawColumn(status, column) {
  const orders = [...watch.orders.values()].filter((order) => order.status === status);
  orders.sort((one, other) => urgency(one) - urgency(other));
  fill(column.querySelector("ul"), orders.map((order) => card(order).item));
  column.querySelector(".tally").textContent = orders.length;
  column.querySelector(".none").hidden = orders.length > 0;
}

/** What is due first comes first. */
function urgency({ orderId }) {
  return Date.parse(ticket(orderId)?.due ?? "") || Number.POSITIVE_INFINITY;
}

function card(order) {
  const { orderId } = order;
  const current = () => watch.orders.get(orderId);
  if (!cards.has(orderId)) {
    const made = new Card(orderId, (to) => act(current(), moving(to), underWay));
    mayBeTaken(made.item, current);
    cards.set(orderId, made);
  }
  const made = cards.get(orderId);
  made.draw(order, {
    ticket: ticket(orderId),
    others: others(orderId),
    isBusy: underWay.has(order),
    isOpen: chosen() === orderId,
  });
  return made;
}
