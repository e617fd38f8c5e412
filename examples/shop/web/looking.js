/** What no stream tells, looked at again and again while somebody looks at the page. */

import { ask } from "./server.js";

/** Gives what looks once more, for when something has happened. */
export function lookAt(path, every, draw) {
  const look = async () => {
    if (document.hidden) return;
    const found = await ask(path).catch(() => undefined);
    if (found) draw(found);
  };
  setInterval(() => void look(), every);
  void look();
  return look;
}
