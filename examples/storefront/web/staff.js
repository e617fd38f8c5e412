/** All orders, for those who move them. */

import { watch as watchEvents } from "./order-events-js/order-events.js";
import { followBook } from "./book.js";
import { drawMoves, hideRefusal, isSure, named, showRefusal, tell } from "./desk.js";
import { at, element, fill, time } from "./dom.js";
import { follow } from "./follow.js";
import { followPanel } from "./panel.js";
import { inShort } from "./purchases.js";
import { Refusal, ask } from "./server.js";
import { chip, latestFirst } from "./status.js";
import { drawTimeline } from "./timeline.js";

/** The places in the list, by the order's id. */
const places = new Map();
/** Something is being said, and not answered yet. */
let isBusy = false;

const watch = watchEvents("/api/events", { user: document.body.dataset.user });
watch.addEventListener("change", draw);
follow(watch, {
  about: (orderId) => `Order ${orderId}: `,
  // What they did themselves they know.
  isNews: ({ data }) => data.actor !== document.querySelector(".who").textContent,
});
const bought = followBook("/api/purchases", watch, draw);
const look = followPanel();
for (const type of ["state", "event"]) watch.addEventListener(type, look);
addEventListener("hashchange", () => select());
at("tracking").addEventListener("submit", (event) => void track(event));
at("remark").addEventListener("submit", (event) => void remark(event));
at("move").addEventListener("submit", (event) => event.preventDefault());
select();
void learnCarriers();

/** Which order is worked on; undefined where none is. */
function current() {
  return watch.orders.get(decodeURIComponent(location.hash.slice(1)));
}

async function learnCarriers() {
  const carriers = await ask("/api/staff/carriers").catch(() => []);
  const options = carriers.map(({ id, name }) => element("option", { value: id }, name));
  at("carrier").replaceChildren(...options);
}

function draw() {
  const orders = latestFirst(watch.orders);
  fill(at("orders"), orders.map(place));
  drawDetail();
}

function place(order) {
  const { orderId, status, updatedAt } = order;
  const href = `#${encodeURIComponent(orderId)}`;
  if (!places.has(orderId)) places.set(orderId, element("li", {}, element("a", { href })));
  const made = places.get(orderId);
  const link = made.firstElementChild;
  link.removeAttribute("aria-current");
  if (order === current()) link.setAttribute("aria-current", "true");
  link.replaceChildren(
    element("span", { class: "order-name" }, `Order ${orderId}`),
    chip(status),
    element("span", { class: "quiet" }, bought(orderId)?.customerName ?? ""),
    element("span", { class: "quiet order-when" }, time(updatedAt)),
  );
  return made;
}

/** Another order is worked on: what was begun for the last one is not for it. */
function select() {
  for (const form of ["move", "tracking", "remark"]) at(form).reset();
  hideRefusal();
  at("outcome").textContent = "";
  draw();
  if (current()) at("detail-title").focus();
}

function drawDetail() {
  const order = current();
  at("desk").toggleAttribute("data-selected", order !== undefined);
  at("selected").hidden = !order;
  at("unselected").hidden = order !== undefined;
  if (!order) return;
  const { orderId, status, timeline } = order;
  const purchase = bought(orderId);
  at("detail-title").textContent = `Order ${orderId}`;
  at("detail-chip").replaceChildren(chip(status));
  at("detail-about").textContent = purchase ? `${purchase.customerName} · ${inShort(purchase)}` : "";
  at("tracking").hidden = !["PROCESSING", "SHIPPED"].includes(status);
  drawMoves(order, move);
  drawTimeline(at("timeline"), timeline);
}

async function move(status) {
  const { orderId } = current();
  if (!(await isSure(orderId, status))) return;
  const note = at("note").value.trim() || undefined;
  const isDone = await say(orderId, "status", { status, note });
  if (!isDone) return;
  at("note").value = "";
  at("outcome").textContent = `Order ${orderId} is ${named(status)}.`;
}

async function track(event) {
  event.preventDefault();
  const { orderId } = current();
  const parcel = { carrier: at("carrier").value, number: at("number").value.trim() };
  if (!(await say(orderId, "tracking", parcel))) return;
  at("tracking").reset();
  at("outcome").textContent = `The parcel of order ${orderId} has a number.`;
}

async function remark(event) {
  event.preventDefault();
  const { orderId } = current();
  const isPublic = at("public").checked;
  const said = { note: at("text").value.trim(), public: isPublic };
  if (!(await say(orderId, "notes", said))) return;
  at("remark").reset();
  at("outcome").textContent = isPublic
    ? "The customer can read your note."
    : "Your note is for staff alone.";
}

/** Says something of an order. False where the shop refused, which is explained. */
async function say(orderId, what, body) {
  if (isBusy) return false;
  isBusy = true;
  hideRefusal();
  at("outcome").textContent = "";
  try {
    await tell(orderId, what, body);
    return true;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    showRefusal(orderId, refusal, body.status);
    return false;
  } finally {
    isBusy = false;
  }
}
