/** Requests to the shop, and its refusals. */

/** Whose page this is. */
export const { user: USER } = document.body.dataset;

/**
 * Said with every request: where somebody else has signed in meanwhile, in another tab, it is refused.
 * Else what is done here would be done under their name.
 */
const OF = { "x-page-of": USER };

/** What those who watch are to know. */
export const OURS = { user: USER, headers: () => OF };

/** The shop said no, and why; or it could not be asked. */
export class Refusal extends Error {
  /**
   * @param {string} code a word for programs
   * @param {string} detail a sentence for people
   * @param {boolean} isDefinite whether it is certain that nothing was done
   */
  constructor(code, detail, isDefinite) {
    super(detail);
    this.code = code;
    this.isDefinite = isDefinite;
  }
}

export const ask = (path) => answer(path, {});

/** Says something to the shop. */
export function say(path, body) {
  return answer(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** A word of its own for something that is said once, however often it is sent. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function answer(path, { headers, ...request }) {
  let response;
  try {
    response = await fetch(path, { ...request, headers: { ...headers, ...OF }, cache: "no-store" });
  } catch {
    const detail = "The shop cannot be reached. Please try again in a moment.";
    throw new Refusal("unreachable", detail, false);
  }
  const { ok, status } = response;
  const body = await response.json().catch(() => undefined);
  if (ok && body !== undefined) return body;
  const detail = body?.detail ?? `The shop answered ${status}.`;
  // Behind a server that fails, or one that did not wait, it may have been done.
  const isDefinite = status >= 400 && status < 500 && status !== 408;
  throw new Refusal(body?.code ?? "unknown", detail, isDefinite);
}
