/** Which order is worked on, on a page of many: its address says so, and going back undoes it. */

const ORDER = "#order/";

/** Of no order any more: what a link says that closes one. */
const NONE = "";

let orderId = named(location.hash);

addEventListener("hashchange", () => {
  const { hash } = location;
  // Whatever else an address names is a place on the page, as that of "Skip to the content".
  if (hash === NONE) orderId = undefined;
  else orderId = named(hash) ?? orderId;
});

/** The order that is worked on; undefined where none is. */
export const chosen = () => orderId;

/** What a link to an order says. */
export const linkTo = (orderId) => ORDER + encodeURIComponent(orderId);

/** Calls when another order is chosen, or none any more, with the one that was until then. */
export function onChoice(then) {
  let current = orderId;
  addEventListener("hashchange", () => {
    if (current === orderId) return;
    const last = current;
    current = orderId;
    then(last);
  });
}

/** The order that an address names. One that is mistyped names none, nor does what no order can be. */
function named(hash) {
  if (!hash.startsWith(ORDER)) return undefined;
  try {
    const orderId = decodeURIComponent(hash.slice(ORDER.length));
    return ["", ".", ".."].includes(orderId) ? undefined : orderId;
  } catch {
    return undefined;
  }
}
