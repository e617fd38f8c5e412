/** What staff say of an order, and what the shop answers. */

import { canBecome, isFinal, nextStatuses } from "./order-events-js/order-events.js";
import { at, element } from "./dom.js";
import { answerOf, inTurn } from "./questions.js";
import { freshKey, say } from "./server.js";
import { face } from "./words.js";

export const ACTIONS = {
  PROCESSING: "Start processing",
  SHIPPED: "Mark as shipped",
  DELIVERED: "Mark as delivered",
  CANCELLED: "Cancel order",
  REFUNDED: "Refund order",
};

const UNCHANGED = "Nothing was changed.";

/** A status within a sentence. */
export const named = (status) => face(status).label.toLowerCase();

/** What was said and may have arrived, with its key: said again it counts once. */
const unsure = new Map();

/** Says something of an order, once. Throws a `Refusal` where the shop says no. */
export async function tell(orderId, what, body) {
  const path = `/api/staff/orders/${encodeURIComponent(orderId)}/${what}`;
  const said = JSON.stringify([path, body]);
  const key = unsure.get(said) ?? freshKey();
  unsure.set(said, key);
  try {
    const answer = await say(path, { ...body, key });
    unsure.delete(said);
    return answer;
  } catch (refusal) {
    // Nothing was done, so the same once more is another.
    if (refusal.isDefinite) unsure.delete(said);
    throw refusal;
  }
}

/**
 * Buttons for what the lifecycle's table allows, and for nothing else. The server has it, too, and
 * decides.
 */
export function drawMoves({ orderId, status }, move) {
  const next = nextStatuses(status);
  const moves = at("moves");
  const drawn = [orderId, ...next].join(" ");
  at("movable").hidden = next.length === 0;
  at("finished").hidden = next.length > 0;
  if (moves.dataset.drawn === drawn) return;
  const hadFocus = moves.contains(document.activeElement);
  moves.dataset.drawn = drawn;
  moves.replaceChildren(...next.map((to, place) => button(to, place, move)));
  // The button that was pressed is gone.
  if (hadFocus) at("detail-title").focus();
}

function button(to, place, move) {
  const look = isFinal(to) ? "danger" : place === 0 ? "primary" : undefined;
  const label = ACTIONS[to] ?? face(to).label;
  const made = element("button", { type: "button", class: look, "data-to": to }, label);
  onPress(made, () => move(to));
  return made;
}

/** The second press of a double click meets the next step where this one was: it does nothing. */
export function onPress(button, press) {
  button.addEventListener("click", ({ detail: presses }) => {
    if (presses < 2) void press();
  });
}

/** Asks before what cannot be undone; whatever else is wanted is sure. */
export async function isSure(orderId, status) {
  if (!isFinal(status)) return true;
  const answer = await inTurn(() => {
    at("sure-title").textContent = `${ACTIONS[status]} ${orderId}?`;
    at("sure-yes").textContent = ACTIONS[status];
    return answerOf(at("sure"), "no");
  });
  return answer === "yes";
}

/** Why the shop said no; where the order is not as it was seen, by how it stands `now`. */
export function showRefusal(orderId, refusal, wanted, now) {
  const { title, text } = explain(orderId, refusal, wanted, now);
  const place = at("refusal");
  place.hidden = false;
  place.replaceChildren(element("p", {}, element("strong", {}, title)), element("p", {}, text));
  place.scrollIntoView({ block: "nearest" });
}

export function hideRefusal() {
  at("refusal").hidden = true;
  at("refusal").replaceChildren();
}

function explain(orderId, { code, message }, wanted, now) {
  switch (code) {
    case "illegal-transition":
      // "CANCELLED may not become SHIPPED; …": what it is the server knows better than this page.
      return explainImpossible(orderId, message.split(" ")[0], wanted);
    case "conflict": {
      if (now && wanted && !canBecome(now.status, wanted)) {
        return explainImpossible(orderId, now.status, wanted);
      }
      const look = "See what happened to it, and press again if that is still what you want.";
      return { title: `Somebody was faster at order ${orderId}`, text: `${UNCHANGED} ${look}` };
    }
    case "rejected": {
      const why = sentence(message.replace(/^rejected: /, ""));
      return { title: `Order ${orderId} stays as it is`, text: `${why} ${UNCHANGED}` };
    }
    case "unauthenticated": {
      const why = "You signed out, or somebody else signed in, in another window of this browser.";
      return { title: "You are not signed in any more", text: `${why} ${UNCHANGED}` };
    }
    default:
      return { title: "That did not work", text: sentence(message) };
  }
}

function explainImpossible(orderId, is, wanted) {
  const next = nextStatuses(is).map(named);
  const may = next.length ? `It may become ${next.join(" or ")}.` : "Nothing can follow.";
  return {
    title: `Order ${orderId} cannot become ${named(wanted)}`,
    text: `It is ${named(is)}: somebody may have moved it meanwhile. ${may} ${UNCHANGED}`,
  };
}

const sentence = (text) => `${text[0]?.toUpperCase() ?? ""}${text.slice(1).replace(/\.$/, "")}.`;
