/** What no stream tells, looked at again and again while somebody looks at the page. */

import { ask } from "./server.js";

/**
 * Draws what is found; nothing, where it could not be found out: what was so before may not be so
 * any more. One look at a time. Gives what looks once more, for when something has happened.
 */
export function lookAt(path, every, draw) {
  let timer;
  let isLooking = false;
  let isWanted = false;

  async function look() {
    isWanted = true;
    if (isLooking || document.hidden) return;
    isLooking = true;
    clearTimeout(timer);
    try {
      while (isWanted) {
        isWanted = false;
        draw(await ask(path).catch(() => undefined));
      }
    } finally {
      isLooking = false;
      timer = setTimeout(() => void look(), every);
    }
  }

  document.addEventListener("visibilitychange", () => void look());
  void look();
  return look;
}
