/** How the stages of an import stand, by what was told of them. Pure. */

import { count } from "./dom.js";

export const STAGES = {
  "ai-parsing": "AI parsing",
  "database-save": "Database save",
  "shop-sync": "Shop sync",
};

/** What stages found, in words. */
const FOUND = {
  lineItems: (items) => count(items, "line item"),
  confidence: (sure) => `${Math.round(sure * 100)} % sure`,
  rows: (rows) => `${count(rows, "row")} saved`,
  shopOrder: (order) => `order ${order} in the shop`,
};

/** Stages of which nothing was told. */
export const ahead = () =>
  Object.keys(STAGES).map((name) => ({ name, state: "ahead", percent: 0, said: "" }));

/** The stages after an event. What is before a stage that was told of is done. */
export function after(stages, { event, data }) {
  const place = stages.findIndex(({ name }) => name === data.stage);
  if (place < 0) return stages;
  return stages.map((stage, at) => {
    if (at > place) return stage;
    if (at === place) return { ...stage, ...told(event, data, stage) };
    return stage.state === "completed" ? stage : { ...stage, state: "completed", percent: 100 };
  });
}

function told(event, { progress, message, state, result, reason }, before) {
  if (event === "order.progress") return { state: "started", percent: progress, said: message ?? "" };
  switch (state) {
    case "started":
      return { state, percent: 0, said: "" };
    case "completed":
      return { state, percent: 100, said: result ? words(result) : "" };
    default:
      // How far it came stays to be seen.
      return { state, percent: before.percent, said: reason ?? "" };
  }
}

function words(result) {
  const found = Object.entries(FOUND).filter(([name]) => name in result);
  return found.map(([name, say]) => say(result[name])).join(", ");
}
