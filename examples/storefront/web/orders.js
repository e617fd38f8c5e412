/** All orders of a customer, and what else there is to order. */

import { steps, watch as watchEvents } from "./order-events-js/order-events.js";
import { followBook } from "./book.js";
import { at, element, fill, icon, money, time } from "./dom.js";
import { follow, showNotice } from "./follow.js";
import { inShort } from "./purchases.js";
import { OURS, USER, ask, say } from "./server.js";
import { chip, latestFirst } from "./status.js";
import { face } from "./words.js";

/** The places in the list, by the order's id. */
const places = new Map();

const watch = watchEvents(`/api/customers/${encodeURIComponent(USER)}/events`, OURS);
watch.addEventListener("change", draw);
watch.addEventListener("state", draw);
follow(watch, { about: (orderId) => `Order ${orderId}: ` });
const bought = followBook("/api/purchases", watch, draw);
void drawGoods();

function draw() {
  const orders = latestFirst(watch.orders);
  at("none").hidden = orders.length > 0 || watch.cursor === "";
  fill(at("orders"), orders.map(place));
}

function place(order) {
  const { orderId, status, updatedAt } = order;
  const href = `/orders/${encodeURIComponent(orderId)}`;
  if (!places.has(orderId)) places.set(orderId, element("li", {}, element("a", { href })));
  const made = places.get(orderId);
  const link = made.firstElementChild;
  const { step } = face(status);
  const isDone = (place) => step !== null && place < step;
  const bars = steps().map((_, place) => element("i", { "data-done": isDone(place) }));
  link.replaceChildren(
    element("span", { class: "order-name" }, `Order ${orderId}`),
    chip(status),
    element("span", { class: "order-items" }, inShort(bought(orderId))),
    element("span", { class: "bars", "aria-hidden": "true", "data-ended": step === null }, ...bars),
    element("span", { class: "order-when" }, "Updated ", time(updatedAt)),
  );
  return made;
}

async function drawGoods() {
  const goods = await ask("/api/goods").catch(() => []);
  const made = goods.map((good) => {
    const label = `Order ${good.name}`;
    const button = element("button", { type: "button", "aria-label": label }, "Order");
    button.addEventListener("click", () => void buy(good, button));
    return element(
      "li",
      { class: "good" },
      element("span", { class: "picture" }, icon(good.id)),
      element("span", { class: "good-name" }, good.name),
      element("span", { class: "price" }, money(good.cents)),
      button,
    );
  });
  at("goods").replaceChildren(...made);
}

/** Leads to the order's page before there is an order. */
async function buy(good, button) {
  button.disabled = true;
  try {
    const { orderId } = await say("/api/orders", { good: good.id });
    location.assign(`/orders/${encodeURIComponent(orderId)}`);
  } catch (refusal) {
    button.disabled = false;
    showNotice(refusal.message);
  }
}
