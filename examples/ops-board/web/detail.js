/** The order that is open beside the board. That it is watched is how colleagues know of it. */

import { watchOrder } from "./order-events-js/order-events.js";
import { act, assigning, moving } from "./acting.js";
import { Assignee } from "./assignee.js";
import { chosen, onChoice } from "./chosen.js";
import { drawMoves, hideRefusal, showRefusal } from "./desk.js";
import { at, element, focusFirst } from "./dom.js";
import { Drafts } from "./drafts.js";
import { drawLooking } from "./people.js";
import { OURS, Refusal, ask } from "./server.js";
import { chip } from "./status.js";
import { due, inShort } from "./ticket.js";
import { drawTimeline } from "./timeline.js";

/**
 * @param {object} board
 * @param {(orderId: string) => object | undefined} board.order as the board knows it
 * @param {(orderId: string) => object | undefined} board.ticket
 * @param {(orderId: string) => string[]} board.others who else is looking at it
 * @param {import("./underway.js").UnderWay} board.underWay
 * @param {() => void} board.draw
 */
export function openDetail(board) {
  const { underWay } = board;
  const assignee = new Assignee();
  const drafts = new Drafts([at("text")]);
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
    const last = orderId;
    watch?.close();
    orderId = chosen();
    watch = orderId ? watchOrder(orderId, { base: "/api", ...OURS }) : undefined;
    watch?.addEventListener("change", draw);
    drafts.turnTo(orderId);
    hideRefusal();
    board.draw();
    if (order()) at("detail-title").focus();
    else if (last) focusFirst(document.querySelector(`[data-order="${CSS.escape(last)}"] a`), at("main"));
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
    drawMoves(shown, (to) => act(order(), moving(to), underWay));
    at("move").toggleAttribute("data-busy", underWay.has(shown));
    assignee.draw(shown);
    drawTimeline(at("timeline"), shown.timeline);
  }

  async function assign(event) {
    event.preventDefault();
    const about = orderId;
    const isOver = await act(order(), assigning(...assignee.chosen), underWay);
    if (isOver && about === orderId) assignee.letGo();
    board.draw();
  }

  async function remark(event) {
    event.preventDefault();
    const about = orderId;
    const note = at("text").value.trim();
    hideRefusal();
    try {
      await underWay.remark(about, "notes", { note, public: false });
      drafts.drop(about, at("text"));
      at("outcome").textContent = `Your note is at order ${about}.`;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      showRefusal(about, refusal);
    }
  }

  async function learnFlorists() {
    assignee.learn(await ask("/api/staff/florists").catch(() => []));
    draw();
  }

  void learnFlorists();
  onChoice(select);
  at("detail").addEventListener("keydown", ({ key, isComposing }) => {
    // Within a word that is being put together it takes that back, and closes nothing.
    if (key === "Escape" && !isComposing) location.hash = "";
  });
  at("assign").addEventListener("submit", (event) => void assign(event));
  at("remark").addEventListener("submit", (event) => void remark(event));
  at("move").addEventListener("submit", (event) => event.preventDefault());
  return { draw, select };
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
