/** The order that is open beside the board. That it is watched is how colleagues know of it. */

import { watchOrder } from "./order-events-js/order-events.js";
import { act, assigning, isPending, moving } from "./acting.js";
import { drawMoves, hideRefusal, showRefusal, tell } from "./desk.js";
import { at, element } from "./dom.js";
import { drawLooking } from "./people.js";
import { Refusal, ask } from "./server.js";
import { chip } from "./status.js";
import { assignee, due, inShort } from "./ticket.js";
import { drawTimeline } from "./timeline.js";

const { user } = document.body.dataset;

/**
 * @param {object} board
 * @param {(orderId: string) => object | undefined} board.order as the board knows it
 * @param {(orderId: string) => object | undefined} board.ticket
 * @param {(orderId: string) => string[]} board.others who else is looking at it
 * @param {() => void} board.draw
 */
export function openDetail(board) {
  /** @type {ReturnType<typeof watchOrder> | undefined} */
  let watch;
  let orderId;

  /** As it stands. Two streams tell of it, and either may be ahead. */
  function order() {
    const known = board.order(orderId);
    // A watch that is over tells nothing any more.
    const own = watch?.state === "closed" ? undefined : watch?.order;
    return known && own?.version > known.version ? own : known;
  }

  function select() {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted === orderId) return;
    const last = orderId;
    watch?.close();
    orderId = wanted;
    watch = wanted ? watchOrder(wanted, { base: "/api", user }) : undefined;
    watch?.addEventListener("change", draw);
    // What was begun for the last one is not for it.
    at("remark").reset();
    hideRefusal();
    board.draw();
    if (order()) at("detail-title").focus();
    else document.querySelector(`[data-order="${CSS.escape(last ?? "")}"] a`)?.focus();
  }

  function draw() {
    const shown = order();
    at("desk").toggleAttribute("data-selected", shown !== undefined);
    at("detail").hidden = shown === undefined;
    if (!shown) return;
    const ticket = board.ticket(orderId);
    at("detail-title").textContent = `Order ${orderId}`;
    at("detail-chip").replaceChildren(chip(shown.status));
    drawLooking(at("looking"), board.others(orderId));
    at("facts").replaceChildren(...facts(shown, ticket));
    drawMoves(shown, (to) => act(order(), moving(to), board.draw));
    at("move").toggleAttribute("data-busy", isPending(shown));
    drawAssignee(shown);
    drawTimeline(at("timeline"), shown.timeline);
  }

  function assign(event) {
    event.preventDefault();
    const select = at("assignee");
    const name = select.selectedOptions[0].textContent;
    void act(order(), assigning(select.value, name), board.draw);
  }

  async function remark(event) {
    event.preventDefault();
    const about = orderId;
    const note = at("text").value.trim();
    hideRefusal();
    try {
      await tell(about, "notes", { note, public: false });
      if (about === orderId) at("remark").reset();
      at("outcome").textContent = `Your note is at order ${about}.`;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showRefusal(about, refusal);
    }
  }

  async function learnFlorists() {
    const florists = await ask("/api/staff/florists").catch(() => []);
    at("assignee").append(...florists.map(({ id, name }) => element("option", { value: id }, name)));
    draw();
  }

  void learnFlorists();
  addEventListener("hashchange", select);
  at("detail").addEventListener("keydown", ({ key }) => {
    if (key === "Escape") location.hash = "";
  });
  at("assign").addEventListener("submit", assign);
  at("remark").addEventListener("submit", (event) => void remark(event));
  at("move").addEventListener("submit", (event) => event.preventDefault());
  return { draw, select };
}

/** Follows the order, unless somebody is just choosing. */
function drawAssignee(order) {
  const select = at("assignee");
  const name = assignee(order) ?? "";
  const options = [...select.options];
  const drawn = [order.orderId, name, options.length].join();
  if (select.dataset.drawn === drawn) return;
  select.dataset.drawn = drawn;
  const chosen = options.find(({ textContent }) => textContent === name) ?? options[0];
  select.value = chosen.value;
}

function facts(order, ticket) {
  if (!ticket) return [];
  const rows = [
    ["For", ticket.recipient],
    ["What", inShort(ticket)],
    ["By", due(ticket, order)],
    ticket.message ? ["Card", element("q", {}, ticket.message)] : undefined,
  ];
  return rows.filter(Boolean).map(([what, is]) =>
    element("div", {}, element("dt", {}, what), element("dd", {}, is)),
  );
}
