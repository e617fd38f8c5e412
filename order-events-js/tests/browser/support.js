/**
 * What the tests in a browser share: the shop, Chromium, pages, and waiting for a condition.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const MODULE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SERVER = process.env.ORDER_EVENTS_JS_SERVER;

/** Nothing here takes half as long, unless it never happens. */
const CAP = 30_000;

/** A program that carries out a command a line, and ends with its input. */
export class Program {
  constructor(path) {
    this.process = spawn(path, [MODULE], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.turn = Promise.resolve();
  }

  async answer() {
    return JSON.parse((await this.lines.next()).value);
  }

  /** Carries out a command, one after the other. */
  do(command, more = {}) {
    this.turn = this.turn.then(async () => {
      this.process.stdin.write(`${JSON.stringify({ do: command, ...more })}\n`);
      const answer = await this.answer();
      if (answer.error) throw new Error(`${command}: ${answer.error}`);
      return answer;
    });
    return this.turn;
  }

  async close() {
    this.process.stdin.end();
    if (this.process.exitCode === null) await once(this.process, "exit");
  }
}

/** The shop. */
export class Shop extends Program {
  static async open() {
    if (!SERVER) throw new Error("ORDER_EVENTS_JS_SERVER must name the shop's program");
    const shop = new Shop(SERVER);
    return Object.assign(shop, await shop.answer());
  }

  create(order, customer = "anna") {
    return this.do("publish", { kind: "create", order, customer });
  }

  status(order, status, note) {
    return this.do("publish", { kind: "status", order, status, note });
  }

  /** Public remarks, numbered. */
  async remarks(order, from, to) {
    for (let number = from; number <= to; number += 1) {
      await this.do("publish", { kind: "note", order, note: `n${number}`, public: true });
    }
  }

  async streams() {
    return (await this.do("streams")).users;
  }

  async seen() {
    return (await this.do("seen")).requests;
  }
}

/** Debian's Chromium, with a profile of its own. */
export async function openBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "order-events-js-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context,
    browser: context.browser(),
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Shorter times than the defaults, so that what takes a minute in a shop takes seconds here. */
export const QUICK = {
  firstByte: 500,
  head: 3_000,
  backoff: 50,
  maxBackoff: 500,
  pollWait: 2_000,
  probe: 1_000,
  maxProbe: 2_000,
  leaderSilence: 2_000,
  leaderAnswer: 500,
};

/** A page of the shop's, where somebody is signed in. */
export async function openPage(context, shop, { user = "anna", millis = 3_600_000, at = shop.own } = {}) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error("page:", error));
  await page.goto(`${at}/`);
  await signIn(page, shop, user, millis);
  return page;
}

export function signIn(page, shop, user, millis = 3_600_000) {
  const url = `${shop.own}/sign-in?user=${user}&millis=${millis}`;
  return page.evaluate(async (url) => {
    // To be allowed across origins, too.
    await fetch(url, { method: "POST", credentials: "include" });
  }, url);
}

/** Watches an order on a page, and keeps what it is told. */
export function watchOrder(page, order, options = {}) {
  const more = { settings: { ...QUICK, ...options.settings } };
  return page.evaluate(
    async ({ order, options }) => {
      const { watchOrder } = await import("/js/order-events.js");
      // What a test cannot send to a page as it is.
      if (options.refreshAt) {
        globalThis.refreshes = 0;
        options.refresh = async () => {
          globalThis.refreshes += 1;
          return (await fetch(options.refreshAt, { method: "POST" })).ok;
        };
      }
      if (options.headerList) options.headers = async () => options.headerList;
      globalThis.states = [];
      globalThis.notes = [];
      globalThis.told = [];
      globalThis.failures = [];
      const watch = watchOrder(order, {
        ...options,
        onState: (state) => states.push(state),
        onEvent: ({ event, data }) => {
          told.push({ event, data });
          if (data?.note) notes.push(data.note);
        },
      });
      watch.addEventListener("failure", ({ detail }) => failures.push(String(detail)));
      watch.addEventListener("reset", ({ detail }) => told.push({ event: "reset", ...detail }));
      globalThis.watched = watch;
    },
    { order, options: { ...options, ...more } },
  );
}

/** Waits until something is true on a page. */
export async function until(page, what, condition, argument) {
  try {
    await page.waitForFunction(condition, argument, { timeout: CAP, polling: 20 });
  } catch (error) {
    const state = await page
      .evaluate(() => ({
        state: globalThis.watched?.state,
        status: globalThis.watched?.order?.status,
        version: globalThis.watched?.order?.version,
        states: globalThis.states,
        notes: globalThis.notes,
        failures: globalThis.failures,
      }))
      .catch(String);
    throw new Error(`in vain: ${what}; ${JSON.stringify(state)}`, { cause: error });
  }
}

export const isLive = (page) => until(page, "it is live", () => watched.state === "live");

export const hasState = (page, state) =>
  until(page, `it is ${state}`, (state) => watched.state === state, state);

export const hasStatus = (page, status) =>
  until(page, `it is ${status}`, (status) => watched.order?.status === status, status);

export const hasNotes = (page, last) =>
  until(page, `${last} is there`, (last) => notes.includes(last), last);

const numbered = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, place) => `n${from + place}`);

/** A page that watches order 42, live. */
export async function watching(context, shop, options) {
  const page = await openPage(context, shop, options);
  await watchOrder(page, "42", options);
  await isLive(page);
  return page;
}

/** That each of these was told once, in order, and nothing was announced as lost. */
export async function sawEach(page, from, to) {
  await hasNotes(page, `n${to}`);
  assert.deepEqual(await page.evaluate(() => notes), numbered(from, to));
  assert.deepEqual(await page.evaluate(() => told.filter(({ event }) => event === "reset")), []);
}

/** Hides a page, as whoever looks at another tab does, or freezes it in the end; and takes it back. */
export class Background {
  static async of(context, page) {
    const debugging = await context.newCDPSession(page);
    const { windowId } = await debugging.send("Browser.getWindowForTarget");
    const bounds = { windowState: "minimized" };
    await debugging.send("Browser.setWindowBounds", { windowId, bounds });
    // The driver has its pages count as in front whatever happens, and such a page is never frozen.
    // Only its own session can take that back, and there is no other way to it.
    const own = page._connection.toImpl(page).delegate._mainFrameSession._client;
    await own.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    const isHidden = () => page.evaluate(() => document.visibilityState === "hidden");
    await eventually("it is hidden", isHidden);
    await page.evaluate(() => {
      globalThis.isFrozen = false;
      document.addEventListener("freeze", () => (globalThis.isFrozen = true));
      document.addEventListener("resume", () => (globalThis.isFrozen = false));
    });
    return new Background(page, debugging);
  }

  constructor(page, debugging) {
    this.page = page;
    this.debugging = debugging;
  }

  freeze() {
    return this.#turn("frozen", true);
  }

  resume() {
    return this.#turn("active", false);
  }

  async #turn(state, isFrozen) {
    await this.debugging.send("Page.setWebLifecycleState", { state });
    const has = () => this.page.evaluate(() => globalThis.isFrozen);
    await eventually(`it is ${state}`, async () => (await has()) === isFrozen);
  }
}

/** Waits until something is so, elsewhere than on a page. */
export async function eventually(what, condition) {
  const until = Date.now() + CAP;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > until) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
