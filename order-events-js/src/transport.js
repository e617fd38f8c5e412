/**
 * Requests: what is sent, to whom, and what is read of an answer. Decides nothing about when.
 */

/**
 * @typedef {Record<string, string> | Headers | [string, string][]} HeaderList
 *
 * @typedef {object} Access how requests are made
 * @property {() => HeaderList | Promise<HeaderList>} [headers] asked before each request, so that a
 *   token may have been renewed
 * @property {RequestCredentials} [credentials] `same-origin` unless told otherwise
 * @property {typeof fetch} [fetch]
 *
 * @typedef {object} Asked
 * @property {"stream" | "page"} form
 * @property {string} cursor where to go on from; empty where from the beginning
 * @property {number} attempt which try in a row this is
 * @property {number} wait for how long the server may hold a page back, in milliseconds
 * @property {AbortSignal} signal
 */

const ACCEPT = { stream: "text/event-stream", page: "application/json" };

/** What a header carries from one end to the other as it is, and is no burden to a server. */
const CARRIED = /^[!-~]([ -~]{0,1022}[!-~])?$/;

/**
 * Asks for events.
 *
 * @param {URL} url @param {Asked} asked @param {Access} access
 */
export async function ask(url, { form, cursor, attempt, wait, signal }, access) {
  const address = new URL(url);
  if (attempt > 0) address.searchParams.set("attempt", String(attempt));
  if (wait > 0) address.searchParams.set("wait", String(Math.round(wait / 1000)));
  const headers = new Headers(await access.headers?.());
  headers.set("accept", ACCEPT[form]);
  // What no header can carry is gone without: the server then tells the present.
  if (CARRIED.test(cursor)) headers.set("last-event-id", cursor);
  return send(address, headers, signal, access);
}

/**
 * Asks for a page of orders.
 *
 * @param {URL} url @param {AbortSignal} signal @param {Access} access
 */
export async function askOrders(url, signal, access) {
  const headers = new Headers(await access.headers?.());
  headers.set("accept", ACCEPT.page);
  return send(url, headers, signal, access);
}

/**
 * Whoever redirects a request to another origin does not get its credentials or headers, and no
 * answer of theirs is taken for the server's: within the page's own origin the browser follows and
 * refuses to leave it; elsewhere nobody could tell where it went, so no redirect is followed.
 *
 * @param {URL} url @param {Headers} headers @param {AbortSignal} signal @param {Access} access
 */
function send(url, headers, signal, { fetch = globalThis.fetch, credentials = "same-origin" }) {
  // Not that of its address: a frame may be no origin's, wherever it came from.
  const isOurs = globalThis.origin === url.origin;
  return fetch(url, {
    headers,
    signal,
    credentials,
    mode: isOurs ? "same-origin" : "cors",
    redirect: isOurs ? "follow" : "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
}

/** Whether an answer is in the form that was asked for. @param {Response} response @param {"stream" | "page"} form */
export function isAnswer(response, form) {
  const type = response.headers.get("content-type") ?? "";
  return response.status === 200 && type.split(";")[0]?.trim().toLowerCase() === ACCEPT[form];
}

/**
 * How long a refusal asks to wait, in milliseconds: seconds or a date.
 *
 * @param {Response} response @param {number} now in milliseconds since 1970
 */
export function retryAfter(response, now) {
  const value = response.headers.get("retry-after")?.trim() ?? "";
  if (/^[0-9]+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}
