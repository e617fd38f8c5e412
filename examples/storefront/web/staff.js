/** All orders, for those who move them. */

import { watch as watchEvents } from "./order-events-js/order-events.js";
import { followBook } from "./book.js";
import { chosen, linkTo, onChoice } from "./chosen.js";
import { drawMoves, hideRefusal, isSure, named, showRefusal } from "./desk.js";
import { at, element, fill, focusFirst, time } from "./dom.js";
import { Drafts } from "./drafts.js";
import { follow } from "./follow.js";
import { followPanel } from "./panel.js";
import { inShort } from "./purchases.js";
import { OURS, Refusal, ask } from "./server.js";
import { chip, latestFirst } from "./status.js";
import { drawTimeline } from "./timeline.js";
import { UnderWay } from "./underway.js";

/** The places in the list, by the order's id. */
const places = new Map();
const drafts = new Drafts(["note", "number", "text"].map(at));

const watch = watchEvents("/api/events", OURS);
const underWay = new UnderWay(watch, draw);
watch.addEventListener("change", draw);
follow(watch, {
  about: (orderId) => `Order ${orderId}: `,
  // What they did themselves they know.
  isNews: ({ data }) => data.actor !== document.querySelector(".who").textContent,
});
const bought = followBook("/api/purchases", watch, draw);
const look = followPanel();
for (const type of ["state", "event"]) watch.addEventListener(type, look);
onChoice(select);
at("tracking").addEventListener("submit", (event) => void track(event));
at("remark").addEventListener("submit", (event) => void remark(event));
at("move").addEventListener("submit", (event) => event.preventDefault());
select();
void learnCarriers();

/** The order that is worked on; undefined where none is. */
function current() {
  return watch.orders.get(chosen());
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
  const href = linkTo(orderId);
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

function select(last) {
  drafts.turnTo(chosen());
  hideRefusal();
  at("outcome").textContent = "";
  draw();
  if (current()) at("detail-title").focus();
  else focusFirst(places.get(last)?.firstElementChild);
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
  at("move").toggleAttribute("data-busy", underWay.has(order));
  drawTimeline(at("timeline"), timeline);
}

/** With the version that was seen: what somebody else did meanwhile is not undone unseen. */
async function move(status) {
  const seen = current();
  const { orderId } = seen;
  if (underWay.has(seen) || !(await isSure(orderId, status))) return;
  const note = at("note").value.trim() || undefined;
  if (!(await say(orderId, () => underWay.step(seen, "status", { status, note }), status))) return;
  drafts.drop(orderId, at("note"));
  at("outcome").textContent = `Order ${orderId} is ${named(status)}.`;
}

async function track(event) {
  event.preventDefault();
  const { orderId } = current();
  const parcel = { carrier: at("carrier").value, number: at("number").value.trim() };
  if (!(await say(orderId, () => underWay.remark(orderId, "tracking", parcel)))) return;
  drafts.drop(orderId, at("number"));
  at("outcome").textContent = `The parcel of order ${orderId} has a number.`;
}

async function remark(event) {
  event.preventDefault();
  const { orderId } = current();
  const isPublic = at("public").checked;
  const said = { note: at("text").value.trim(), public: isPublic };
  if (!(await say(orderId, () => underWay.remark(orderId, "notes", said)))) return;
  drafts.drop(orderId, at("text"));
  if (chosen() === orderId) at("public").checked = false;
  at("outcome").textContent = isPublic
    ? `The customer of order ${orderId} can read your note.`
    : `Your note at order ${orderId} is for staff alone.`;
}

/** Says something of an order. False where the shop refused, which is explained. */
async function say(orderId, telling, wanted) {
  hideRefusal();
  at("outcome").textContent = "";
  try {
    await telling();
    return true;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const now = refusal.code === "conflict" ? await standing(orderId) : undefined;
    showRefusal(orderId, refusal, wanted, now);
    return false;
  }
}

/** An order as it stands; the page may not be there yet. */
function standing(orderId) {
  return ask(`/api/orders/${encodeURIComponent(orderId)}`).catch(() => undefined);
}
