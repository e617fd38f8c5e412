/** Requests to the shop, and its refusals. */

/** The shop said no, and why; or it could not be asked. */
export class Refusal extends Error {
  /** @param {string} code a word for programs @param {string} detail a sentence for people */
  constructor(code, detail) {
    super(detail);
    this.code = code;
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

async function answer(path, request) {
  let response;
  try {
    response = await fetch(path, { ...request, cache: "no-store" });
  } catch {
    throw new Refusal("unreachable", "The shop cannot be reached. Please try again in a moment.");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Refusal(body.code ?? "unknown", body.detail ?? `The shop answered ${response.status}.`);
}
