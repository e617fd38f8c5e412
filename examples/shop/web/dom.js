/** Making elements. What others wrote becomes text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** The element of this id. */
export const at = (id) => document.getElementById(id);

/**
 * An element. Attributes that are `undefined` or `false`, and children that are nothing, are left
 * out.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  const isThere = (child) => child !== undefined && child !== false && child !== "";
  made.append(...children.filter(isThere));
  return made;
}

/** Makes these the children of a list. What stays is not moved, so that it keeps the focus. */
export function fill(list, items) {
  for (const child of [...list.children]) {
    if (!items.includes(child)) child.remove();
  }
  items.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
}

/** Gives the focus to the first of these that can have it. What is gone or hidden cannot. */
export function focusFirst(...places) {
  for (const place of places) {
    if (!place || place === document.body) continue;
    place.focus({ preventScroll: true });
    if (document.activeElement === place) return;
  }
}

/** A picture beside words, which say it all. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/assets/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** When something happened, on the reader's clock. */
export function time(timestamp) {
  return element("time", { datetime: timestamp }, DATE.format(new Date(timestamp)));
}

const MONEY = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

export const money = (cents) => MONEY.format(cents / 100);

/** `2 updates`, `1 update`. */
export const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
