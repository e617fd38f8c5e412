/** The table of servers that misbehave, without a browser. */

import { playTable } from "./table.js";

playTable({
  word: "node",
  name: "without a browser",
  module: new URL("../../order-events.js", import.meta.url).href,
  at: (_, play) => play((what, given) => what(given)),
});
