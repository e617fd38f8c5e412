/** All imports, as they go on. */

import { watch as watchEvents } from "./order-events-js/order-events.js";
import { at, element, fill, icon } from "./dom.js";
import { follow } from "./follow.js";
import { ask } from "./server.js";
import { STAGES, after, ahead } from "./stages.js";

const STATES = {
  ahead: { label: "Waiting", icon: "clock", color: "neutral" },
  started: { label: "Running", icon: "clock", color: "info" },
  completed: { label: "Done", icon: "check", color: "success" },
  failed: { label: "Failed, will be tried again", icon: "cross", color: "danger" },
};

const LAST = Object.keys(STAGES).at(-1);

/** How the stages of each order stand, and what shows them. */
const imports = new Map();
const cards = new Map();

// From where the day began, so that what earlier stages found is told, too. Where that cannot be
// had, orders as they stand tell how far they are.
const cursor = await ask("/beginning").catch(() => "");
const watch = watchEvents("/api/events", { known: { orders: [], cursor } });
watch.addEventListener("event", ({ detail }) => tell(detail.data.orderId, detail));
watch.addEventListener("snapshot", ({ detail }) => tell(detail.order.orderId, detail.order.work));
watch.addEventListener("reset", () => imports.clear());
watch.addEventListener("change", draw);
follow(watch, { about: (orderId) => `${orderId}: `, isNews });

function tell(orderId, told) {
  const stages = imports.get(orderId) ?? ahead();
  imports.set(orderId, told ? after(stages, told) : stages);
}

/** What happened before the page was opened is to be seen, and not to be told again. */
function isNews({ data }) {
  const isOver = data.state === "failed" || (data.state === "completed" && data.stage === LAST);
  return isOver && Date.parse(data.timestamp) >= performance.timeOrigin;
}

function draw() {
  const orders = [...watch.orders.values()].sort((one, other) => (one.orderId < other.orderId ? -1 : 1));
  at("none").hidden = orders.length > 0;
  fill(at("imports"), orders.map(card));
}

function card({ orderId, timeline }) {
  if (!cards.has(orderId)) cards.set(orderId, new Card(orderId));
  const shown = cards.get(orderId);
  shown.draw(timeline[0]?.data.note ?? "", imports.get(orderId) ?? ahead());
  return shown.item;
}

/** One order. Its bars stay the same elements, so that they move. */
class Card {
  constructor(orderId) {
    this.from = element("p", { class: "quiet" });
    this.rows = Object.entries(STAGES).map(([name, label]) => new Row(name, label, orderId));
    const rows = element("ol", { class: "stages", role: "list" }, ...this.rows.map(({ item }) => item));
    this.item = element("li", { class: "card import" }, element("h2", {}, orderId), this.from, rows);
  }

  draw(from, stages) {
    this.from.textContent = from;
    this.rows.forEach((row, place) => row.draw(stages[place]));
  }
}

class Row {
  constructor(name, label, orderId) {
    this.mark = element("span", { class: "mark" });
    this.state = element("span", { class: "visually-hidden" });
    this.bar = element("progress", { max: 100, "aria-label": `${label} of ${orderId}` });
    this.percent = element("span", { class: "percent" });
    this.said = element("p", { class: "said" });
    const title = element("p", { class: "stage-name" }, label, " ", this.state);
    this.item = element(
      "li",
      { class: "stage", "data-stage": name },
      this.mark,
      title,
      this.percent,
      this.bar,
      this.said,
    );
  }

  draw({ state, percent, said }) {
    const { label, icon: name, color } = STATES[state];
    if (this.item.dataset.state !== state) {
      Object.assign(this.item.dataset, { state, color });
      this.mark.replaceChildren(icon(name));
      this.state.textContent = label;
    }
    this.bar.value = percent;
    this.percent.textContent = `${percent} %`;
    this.said.textContent = said || label;
  }
}
