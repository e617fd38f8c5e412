/** All orders, for those who move them. */

import { isFinal, nextStatuses, watch as watchEvents } from "./order-events-js/order-events.js";
import { at, element, fill, time } from "./dom.js";
import { follow } from "./follow.js";
import { followPanel } from "./panel.js";
import { followPurchases, inShort } from "./purchases.js";
import { Refusal, ask, freshKey, say } from "./server.js";
import { chip, latestFirst } from "./status.js";
import { drawTimeline } from "./timeline.js";
import { face } from "./words.js";

const ACTIONS = {
  PROCESSING: "Start processing",
  SHIPPED: "Mark as shipped",
  DELIVERED: "Mark as delivered",
  CANCELLED: "Cancel order",
  REFUNDED: "Refund order",
};

const UNCHANGED = "Nothing was changed.";

/** The places in the list, by the order's id. */
const places = new Map();
/** Something is being said, and not answered yet. */
let isBusy = false;
/** What was said last and may have arrived, with its key: said again it counts once. */
let unsure;

const watch = watchEvents("/api/events", { user: document.body.dataset.user });
watch.addEventListener("change", draw);
follow(watch, {
  about: (orderId) => `Order ${orderId}: `,
  // What they did themselves they know.
  isNews: ({ data }) => data.actor !== document.querySelector(".who").textContent,
});
const bought = followPurchases(watch, draw);
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
  showRefusal();
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
  drawMoves(order);
  drawTimeline(at("timeline"), timeline);
}

/** What the lifecycle's table allows, and nothing else. The server has it, too, and decides. */
function drawMoves({ orderId, status }) {
  const next = nextStatuses(status);
  const moves = at("moves");
  const drawn = [orderId, ...next].join(" ");
  at("movable").hidden = next.length === 0;
  at("finished").hidden = next.length > 0;
  if (moves.dataset.drawn === drawn) return;
  const hadFocus = moves.contains(document.activeElement);
  moves.dataset.drawn = drawn;
  moves.replaceChildren(...next.map((to, place) => button(to, place)));
  // The button that was pressed is gone.
  if (hadFocus) at("detail-title").focus();
}

function button(to, place) {
  const look = isFinal(to) ? "danger" : place === 0 ? "primary" : undefined;
  const label = ACTIONS[to] ?? face(to).label;
  const made = element("button", { type: "button", class: look, "data-to": to }, label);
  made.addEventListener("click", ({ detail: presses }) => {
    // The second press of a double click meets the next step where this one was.
    if (presses < 2) void move(to);
  });
  return made;
}

async function move(status) {
  const { orderId } = current();
  if (isFinal(status) && !(await isSure(orderId, status))) return;
  const note = at("note").value.trim() || undefined;
  const isDone = await tell(orderId, "status", { status, note });
  if (!isDone) return;
  at("note").value = "";
  at("outcome").textContent = `Order ${orderId} is ${named(status)}.`;
}

async function track(event) {
  event.preventDefault();
  const { orderId } = current();
  const parcel = { carrier: at("carrier").value, number: at("number").value.trim() };
  if (!(await tell(orderId, "tracking", parcel))) return;
  at("tracking").reset();
  at("outcome").textContent = `The parcel of order ${orderId} has a number.`;
}

async function remark(event) {
  event.preventDefault();
  const { orderId } = current();
  const isPublic = at("public").checked;
  const said = { note: at("text").value.trim(), public: isPublic };
  if (!(await tell(orderId, "notes", said))) return;
  at("remark").reset();
  at("outcome").textContent = isPublic
    ? "The customer can read your note."
    : "Your note is for staff alone.";
}

/** Says something of an order. False where the shop refused, which is explained. */
async function tell(orderId, what, body) {
  if (isBusy) return false;
  isBusy = true;
  showRefusal();
  at("outcome").textContent = "";
  try {
    const path = `/api/staff/orders/${encodeURIComponent(orderId)}/${what}`;
    const said = JSON.stringify([path, body]);
    if (unsure?.said !== said) unsure = { said, key: freshKey() };
    await say(path, { ...body, key: unsure.key });
    unsure = undefined;
    return true;
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    showRefusal(orderId, refusal, body.status);
    return false;
  } finally {
    isBusy = false;
  }
}

/** Why the shop said no; or, where there is nothing to say, that it did not. */
function showRefusal(orderId, refusal, wanted) {
  const place = at("refusal");
  place.hidden = refusal === undefined;
  if (!refusal) return place.replaceChildren();
  const { title, text } = explain(orderId, refusal, wanted);
  place.replaceChildren(element("p", {}, element("strong", {}, title)), element("p", {}, text));
  place.scrollIntoView({ block: "nearest" });
}

function explain(orderId, { code, message }, wanted) {
  if (code === "illegal-transition") {
    // "CANCELLED may not become SHIPPED; …": what it is the server knows better than this page.
    const [is] = message.split(" ");
    const next = nextStatuses(is).map(named);
    const may = next.length ? `It may become ${next.join(" or ")}.` : "Nothing can follow.";
    return {
      title: `Order ${orderId} cannot become ${named(wanted)}`,
      text: `It is ${named(is)}: somebody may have moved it meanwhile. ${may} ${UNCHANGED}`,
    };
  }
  if (code === "rejected") {
    const why = sentence(message.replace(/^rejected: /, ""));
    return { title: `Order ${orderId} stays as it is`, text: `${why} ${UNCHANGED}` };
  }
  return { title: "That did not work", text: sentence(message) };
}

const named = (status) => face(status).label.toLowerCase();

const sentence = (text) => `${text[0]?.toUpperCase() ?? ""}${text.slice(1).replace(/\.$/, "")}.`;

/** Asks before what cannot be undone. */
function isSure(orderId, status) {
  const dialog = at("sure");
  at("sure-title").textContent = `${ACTIONS[status]} ${orderId}?`;
  at("sure-yes").textContent = ACTIONS[status];
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
