/** Questions to whoever is at the page: one at a time, in the order in which they came up. */

import { at, focusFirst } from "./dom.js";

let asked = Promise.resolve();

/** Asks when all that came before has been answered. */
export function inTurn(question) {
  const answer = asked.then(question);
  asked = answer.catch(() => {});
  return answer;
}

/** Shows a dialog until it is answered. Escape is the answer that changes nothing. */
export async function answerOf(dialog, nothing) {
  const before = document.activeElement;
  dialog.returnValue = nothing;
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  // What was pressed may be gone meanwhile: then it is what it stood on that has the focus again.
  const stoodOn = before?.closest("li")?.querySelector("a");
  const now = document.activeElement ?? document.body;
  const isNowhere = now === document.body || dialog.contains(now);
  if (isNowhere) focusFirst(before, stoodOn, at("detail-title"), at("main"));
  return dialog.returnValue;
}
