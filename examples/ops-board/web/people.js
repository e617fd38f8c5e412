/** Who is here: florists as small round pictures of their letters, and who is looking at what. */

import { at, element, icon } from "./dom.js";
import { lookAt } from "./looking.js";

/** Who is signed in at this page, by name. */
export const ME = document.querySelector(".who").textContent;

/** Often enough that nobody has long gone. */
const EVERY = 1500;

/** Colours that there are for people. */
const HUES = 6;

/** Somebody. Colour and letters are for a glance; the name is there for everybody. */
export function face(name) {
  const letters = name.split(/\s+/).map(([first]) => first).slice(0, 2).join("");
  const mix = (sum, letter) => (sum * 33 + letter.codePointAt(0)) % 65521;
  const hue = Array.from(name).reduce(mix, 0) % HUES;
  return element(
    "span",
    { class: "face", "data-hue": hue, title: name },
    element("span", { "aria-hidden": "true" }, letters),
    element("span", { class: "visually-hidden" }, name),
  );
}

/** The place of somebody, where there is nobody. */
export function nobody() {
  const said = element("span", { class: "visually-hidden" }, "nobody");
  return element("span", { class: "face nobody", title: "Nobody" }, icon("person"), said);
}

/** Nobody is known to be here. */
const NOBODY = { board: [], orders: {} };

/** Follows who is here. Gives who else has an order open. */
export function followPeople(draw) {
  let drawn;
  let orders = new Map();
  lookAt("/api/staff/presence", EVERY, (presence = NOBODY) => {
    const found = JSON.stringify(presence);
    if (found === drawn) return;
    drawn = found;
    orders = new Map(Object.entries(presence.orders));
    drawHere(presence.board);
    draw();
  });
  return (orderId) => (orders.get(orderId) ?? []).filter((name) => name !== ME);
}

function drawHere(names) {
  const said = names.length ? [element("span", {}, "At the board:"), ...names.map(face)] : [];
  at("here").replaceChildren(...said);
}

/** Who else has an order open, in an element of its own that is a live region. */
export function drawLooking(place, names) {
  const text = names.length ? `${list(names)} ${names.length > 1 ? "are" : "is"} looking, too` : "";
  if (place.dataset.drawn === text) return;
  place.dataset.drawn = text;
  place.replaceChildren(...(text ? [...names.map(face), element("span", {}, text)] : []));
}

const list = (names) => new Intl.ListFormat("en-GB").format(names);
