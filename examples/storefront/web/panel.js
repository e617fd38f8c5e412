/** How the hub does, looked at every other second while somebody looks. */

import { at, count, element, time } from "./dom.js";
import { lookAt } from "./looking.js";

const EVERY = 2000;

/** Gives what looks once more, for when something has happened. */
export const followPanel = () => lookAt("/api/staff/panel", EVERY, draw);

function draw(panel) {
  if (panel) return drawTiles(panel);
  // What was so is not known to be so any more.
  for (const id of ["connections", "lag", "resumes", "latency"]) at(id).textContent = "–";
  for (const id of ["points", "lag-more", "resumes-more", "latency-more"]) at(id).textContent = "";
  at("watchers").replaceChildren();
}

function drawTiles({ connections, watchPoints, lag, began, publishing, watchers }) {
  at("connections").textContent = connections;
  at("points").textContent = `on ${count(watchPoints, "watch point")}`;
  at("lag").textContent = count(lag.most, "event");
  at("lag-more").textContent = lag.readingTheLog
    ? `${lag.readingTheLog} reading the log`
    : "furthest behind";
  at("resumes").textContent = began.resumed + began.replayed;
  const resets = count(began.reset, "reset");
  at("resumes-more").textContent = `${began.replayed} with a replay · ${resets}`;
  at("latency").textContent = publishing.count ? duration(publishing.p50Micros) : "–";
  at("latency-more").textContent = publishing.count
    ? `99% within ${duration(publishing.p99Micros)} · last ${publishing.count}`
    : "nothing published yet";
  at("watchers").replaceChildren(
    ...watchers.map(({ who, what, audience, since, behind }) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, who),
        element("td", {}, what),
        element("td", {}, audience),
        element("td", {}, time(since)),
        element("td", {}, String(behind ?? "reads the log")),
      ),
    ),
  );
}

const duration = (micros) => (micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(1)} ms`);
