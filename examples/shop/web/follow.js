/** What every page shows of its watch: the badge, toasts, and why it is over. */

import { at, count, element } from "./dom.js";
import { toast } from "./toasts.js";
import { words } from "./words.js";

const LABELS = {
  connecting: "Connecting",
  live: "Live",
  polling: "Polling",
  stale: "Checking",
  offline: "Offline",
};

const ENDS = {
  unauthenticated: ["You are not signed in any more.", "Sign in again", "/sign-in"],
  forbidden: ["This is not for you to see.", "To the beginning", "/"],
  schema: ["The shop has been renewed.", "Load this page again", ""],
  "not-found": ["There is no such order in your account.", "All your orders", "/orders"],
};

/**
 * `about` gives what a toast says before the title of an event of this order, and `isNews` whether
 * there is one for an event at all.
 */
export function follow(watch, { about = () => "", isNews = () => true } = {}) {
  let updates = 0;
  const draw = () => drawBadge(watch, updates);
  watch.addEventListener("state", () => {
    draw();
    if (watch.state === "closed") showEnd(watch.reason);
  });
  watch.addEventListener("event", ({ detail }) => {
    updates += 1;
    draw();
    const told = words(detail);
    if (!told || !isNews(detail)) return;
    toast({ ...told, title: about(detail.data.orderId) + told.title });
  });
  draw();
}

function drawBadge({ state, reason }, updates) {
  const label = state === "closed" ? (reason === "final" ? "Complete" : "Closed") : LABELS[state];
  const connection = at("connection");
  at("badge").dataset.state = reason === "final" ? "complete" : state;
  // Said once, and not again with each update.
  if (connection.lastChild.textContent !== label) connection.lastChild.textContent = label;
  at("updates").textContent = count(updates, "update");
}

function showEnd(reason) {
  if (!ENDS[reason]) return;
  const [what, next, address] = ENDS[reason];
  showNotice(what, element("a", { href: address }, next));
}

/** Something that is in the way. */
export function showNotice(...content) {
  const notice = at("notice");
  notice.replaceChildren(element("p", {}, content[0], " ", ...content.slice(1)));
  notice.hidden = false;
}
