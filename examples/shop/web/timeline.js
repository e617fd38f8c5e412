/** What happened to an order, the latest first. */

import { element, icon, time } from "./dom.js";
import { words } from "./words.js";

export function drawTimeline(list, entries) {
  const known = new Set(Array.from(list.children, ({ dataset }) => dataset.version));
  const drawn = entries.filter((entry) => words(entry)).map((entry) => {
    const isNew = known.size > 0 && !known.has(String(entry.data.version));
    return item(entry, isNew);
  });
  list.replaceChildren(...drawn.reverse());
}

function item(entry, isNew) {
  const { version, timestamp, visibility, actor } = entry.data;
  const { title, note, icon: name, color } = words(entry);
  const isStaffs = visibility === "staff";
  return element(
    "li",
    { "data-version": version, "data-color": color, "data-new": isNew, "data-staff": isStaffs },
    element("span", { class: "mark" }, icon(name)),
    element(
      "div",
      { class: "entry" },
      element(
        "p",
        { class: "entry-title" },
        element("strong", {}, title),
        // Of all but the first the style sheet takes it away.
        element("span", { class: "latest" }, "Latest"),
        isStaffs && element("span", { class: "staff-only" }, "Staff only"),
      ),
      note && element("p", { class: "entry-note" }, note),
      element("p", { class: "entry-when" }, time(timestamp), actor && ` · ${actor}`),
    ),
  );
}
