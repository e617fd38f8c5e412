/** Two said something of the same order: whoever came second is told, and nothing of either is lost. */

import { showRefusal } from "./desk.js";
import { at, element } from "./dom.js";
import { face, nobody } from "./people.js";
import { answerOf, inTurn } from "./questions.js";
import { Refusal, ask } from "./server.js";
import { chip } from "./status.js";
import { assignee } from "./ticket.js";
import { drawTimeline } from "./timeline.js";
import { face as look } from "./words.js";

/**
 * Shows what happened since an order was seen, and how it stands. Gives the order as it stands, where
 * the florist wants what they wanted all the same.
 */
export const askAboutConflict = (seen, wish) => inTurn(() => askNow(seen, wish));

async function askNow({ orderId, version }, wish) {
  let now;
  try {
    // The board may not be there yet; the log is.
    now = await ask(`/api/orders/${encodeURIComponent(orderId)}`);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    return void showRefusal(orderId, refusal);
  }
  const missed = now.timeline.filter(({ data }) => data.version > version);
  at("conflict-title").textContent = headline(orderId, missed);
  at("conflict-text").textContent =
    `You wanted to ${wish.wanted}. Somebody was faster, so nothing of yours was done.`;
  at("conflict-missed").replaceChildren();
  drawTimeline(at("conflict-missed"), missed);
  at("conflict-now").replaceChildren(chip(now.status), ...owner(now));
  at("conflict-again").hidden = !wish.isPossible(now);
  at("conflict-again").textContent = `${wish.action} all the same`;
  const answer = await answerOf(at("conflict"), "leave");
  return answer === "again" ? now : undefined;
}

/** Who moved it to what; or that something else was said of it. */
function headline(orderId, missed) {
  const move = missed.findLast(({ event }) => event === "order.status");
  if (move) {
    const { actor = "Somebody", status } = move.data;
    return `${actor} moved order ${orderId} to ${look(status).label}`;
  }
  const { actor = "Somebody" } = missed.at(-1)?.data ?? {};
  return `${actor} was just at order ${orderId}`;
}

function owner(order) {
  const name = assignee(order);
  const text = `${name ?? "Nobody"} looks after it`;
  return [name ? face(name) : nobody(), element("span", {}, text)];
}
