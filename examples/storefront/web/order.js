/** One order, followed by its customer. */

import { watchOrder } from "./order-events-js/order-events.js";
import { at, count, element, icon, money, time } from "./dom.js";
import { follow } from "./follow.js";
import { OURS, ask } from "./server.js";
import { drawTimeline } from "./timeline.js";
import { drawTracker } from "./tracker.js";
import { face } from "./words.js";

const id = decodeURIComponent(location.pathname.split("/").at(-1));
const shop = document.title.split(" · ").at(-1);

at("title").textContent = `Order ${id}`;
const watch = watchOrder(id, { base: "/api", ...OURS });
watch.addEventListener("change", draw);
watch.addEventListener("state", draw);
follow(watch);
void drawPurchase();

function draw() {
  const { order, state, reason } = watch;
  if (order) {
    drawOrder(order);
  } else if (reason === "not-found") {
    drawStand("neutral", "search", "Nothing found", "We do not know this order.");
  } else if (state === "live" || state === "polling") {
    // Its page is there before it.
    const meanwhile = "Your payment is being confirmed. Your order appears here by itself.";
    drawStand("info", "clock", "Almost there", meanwhile);
  }
}

function drawOrder(order) {
  const { label, description, color, icon: name } = face(order.status);
  document.title = `${label}: order ${id} · ${shop}`;
  drawStand(color, name, label, description);
  if (order.createdAt) at("placed").replaceChildren("Placed ", time(order.createdAt));
  drawTracker(at("tracker"), order);
  drawTimeline(at("timeline"), order.timeline);
  drawParcel(order);
}

function drawStand(color, name, status, description) {
  at("stand").dataset.color = color;
  at("emblem").replaceChildren(icon(name));
  at("status").textContent = status;
  at("description").textContent = description;
}

/** A parcel that has left: before that its number leads nowhere. */
function drawParcel({ status, timeline }) {
  const told = timeline.findLast(({ event }) => event === "order.tracking");
  at("parcel").hidden = !told || !["SHIPPED", "DELIVERED"].includes(status);
  if (!told) return;
  const { carrier, trackingNumber, trackingUrl } = told.data;
  const track = at("track");
  at("carrier").textContent = carrier;
  at("number").textContent = trackingNumber;
  track.hidden = !trackingUrl;
  if (!trackingUrl || track.href === trackingUrl) return;
  track.href = trackingUrl;
  const aside = element("span", { class: "visually-hidden" }, " (opens in a new tab)");
  track.replaceChildren(`Follow it at ${carrier}`, icon("out"), aside);
}

/** What was bought is not in the log, but in the shop's own book. */
async function drawPurchase() {
  const purchases = await ask("/api/purchases").catch(() => []);
  const bought = purchases.find(({ orderId }) => orderId === id);
  if (!bought) return;
  const items = bought.items.map(({ good, count: pieces }) =>
    element(
      "li",
      {},
      element("span", { class: "picture" }, icon(good.id)),
      element(
        "span",
        {},
        good.name,
        element("span", { class: "quiet pieces" }, count(pieces, "piece")),
      ),
      element("span", { class: "price" }, money(good.cents * pieces)),
    ),
  );
  at("items").replaceChildren(...items);
  at("total").textContent = money(bought.cents);
  at("bought").hidden = false;
}
