/**
 * The client at servers that misbehave, by the table that the one in Rust is held to as well, wherever
 * it runs.
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";

import { Program } from "./support.js";

const SERVER = process.env.MISBEHAVING_SERVER;
const TABLE = new URL("../../../order-events-conformance/vectors/client.json", import.meta.url);
const { settings, cases } = JSON.parse(await readFile(TABLE, "utf8"));

/** Nothing here takes half as long, unless it never happens. */
const CAP = 60_000;

/**
 * Plays all cases that can be held at a place.
 *
 * @param {object} place
 * @param {string} place.word the table's word for it
 * @param {string} place.name the tests' words for it
 * @param {string} place.module where the client is loaded from there
 * @param {string} [place.user] whose tabs share a connection
 * @param {(origin: string, play: (run: Function) => Promise<void>) => Promise<void>} place.at gives
 *   what runs a function there
 */
export function playTable({ word, name, module, user, at }) {
  let server;
  after(async () => server?.close());
  for (const { name: what, after: cursor, ends, log, except } of cases) {
    test(`${what}, ${name}`, { skip: except?.[word] }, async () => {
      if (!SERVER) throw new Error("MISBEHAVING_SERVER must name its program");
      server ??= new Program(SERVER);
      const { origin } = await server.do("open", { case: what });
      await at(origin, async (run) => {
        const { events, version, state, why } = ends;
        const wanted = { events, version, state, why: why ?? null };
        const given = { module, user, origin, settings, after: cursor, wanted, cap: CAP };
        assert.deepEqual(await run(follow, given), wanted);
        if (state !== "closed") {
          // Whatever came twice would come before it.
          await server.do("publish");
          const all = await run(next, { known: events.length, cap: CAP });
          assert.deepEqual(all, [...events, log + 1]);
        }
        const seen = await server.do("seen");
        if (ends.requests !== undefined) assert.equal(seen.requests, ends.requests);
        assert.equal(seen.leaks, 0);
        // Whoever was told the beginning of an order knows its status, whatever was taken back since.
        const status = await run(() => globalThis.played.watch.order?.status);
        if (!cursor) assert.equal(status, version > 0 ? "PENDING" : undefined);
        await run(() => globalThis.played.watch.close());
        await server.do("left");
      });
    });
  }
}

/**
 * Follows the order until it is as it should be, or it is too late. Runs where the client does, so it
 * has nothing but what it is given.
 */
async function follow({ module, user, origin, settings, after, wanted, cap }) {
  const { watchOrder } = await import(module);
  const events = [];
  let token = "one";
  const options = {
    base: origin,
    settings,
    headers: () => ({ authorization: `Bearer ${token}` }),
    refresh: () => void (token = "two"),
    onEvent: ({ data }) => events.push(data.version),
  };
  if (user !== undefined) options.user = user;
  if (after !== null) options.known = { orders: [], cursor: `v.${after}` };
  const watch = watchOrder("42", options);
  globalThis.played = { watch, events };
  const state = () => ({
    events: [...events],
    version: watch.order?.version ?? 0,
    state: watch.state,
    why: watch.reason ?? null,
  });
  const wish = JSON.stringify(wanted);
  await new Promise((resolve) => {
    const late = setTimeout(resolve, cap);
    const look = () => {
      if (JSON.stringify(state()) !== wish) return;
      clearTimeout(late);
      resolve();
    };
    for (const type of ["change", "event", "state"]) watch.addEventListener(type, look);
    look();
  });
  return state();
}

/** All events, once there are more than these. */
async function next({ known, cap }) {
  const { watch, events } = globalThis.played;
  if (events.length === known) {
    await new Promise((resolve) => {
      const late = setTimeout(resolve, cap);
      watch.addEventListener("event", () => (clearTimeout(late), resolve()), { once: true });
    });
  }
  return [...events];
}
