/** What the tests of pages share: a program, people who look at its pages, and what they see. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { createInterface } from "node:readline";

import { openBrowser } from "../../../order-events-js/tests/browser/support.js";

/** Nothing here takes half as long, unless it never happens. */
const CAP = 30_000;

/**
 * What a file of tests tells of a program: each of its stories has one of its own, and people who
 * are gone after it. What a page complains of fails its story.
 *
 * @param {{ variable: string, people: Record<string, string>, secrets?: Record<string, string> }} of
 *   the variable of the environment that names the program, the names of its accounts, and what it
 *   is to know beside the secret of sign-in
 */
export function stories(of) {
  let chromium;
  after(async () => (await chromium)?.close());
  return function story(name, tell) {
    test(name, async () => {
      chromium ??= openBrowser();
      const shop = await Shop.open((await chromium).browser, of);
      try {
        await tell(shop);
        assert.deepEqual(shop.complaints, []);
      } finally {
        await shop.close();
      }
    });
  };
}

export class Shop {
  /** What browsers reported: errors of pages, and what their policy forbids. */
  complaints = [];
  #contexts = [];

  static async open(browser, { variable, people, secrets }) {
    const path = process.env[variable];
    if (!path) throw new Error(`${variable} must name the shop's program`);
    const env = { ...process.env, SHOP_SECRET: "a secret of these tests", ...secrets };
    const shop = Object.assign(new Shop(), { browser, people, path, env });
    await shop.#begin("0");
    return shop;
  }

  async #begin(port) {
    const env = { ...this.env, PORT: port };
    this.program = spawn(this.path, { env, stdio: ["ignore", "pipe", "inherit"] });
    // Kept open, for a program that prints to a closed pipe fails.
    this.lines = createInterface({ input: this.program.stdout })[Symbol.asyncIterator]();
    const { value } = await this.lines.next();
    this.at = value.replace("listening on ", "");
  }

  /** Its program ends and begins anew where it was. The log was in memory, and is another. */
  async restart() {
    await this.#end();
    await this.#begin(new URL(this.at).port);
  }

  async #end() {
    const ended = once(this.program, "exit");
    if (this.program.kill("SIGKILL")) await ended;
  }

  /** Somebody who signs in by the page for it. Each has a browser of their own, as it were. */
  async visit(user, options = {}) {
    const page = await this.look(options);
    await page.goto(`${this.at}/sign-in`);
    await page.getByRole("button", { name: this.people[user] }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    return page;
  }

  /** Somebody who is not signed in yet. */
  async look({ before, ...options } = {}) {
    const context = await this.browser.newContext(options);
    this.#contexts.push(context);
    context.setDefaultTimeout(CAP);
    if (before) await context.addInitScript(before);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // Refusals and lost networks are told there, too; they are what some stories are about.
      const isOfNetwork = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isOfNetwork) this.complaints.push(message.text());
    });
    return page;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    await this.#end();
  }
}

/** Waits until this is to be read on the page. */
export const reads = (page, selector, text) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** What has the focus: its id, or else what it says. */
export const focused = (page) =>
  page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());

/** Goes on by the keyboard until what has the focus begins so. */
export async function tabTo(page, what) {
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await focused(page)).startsWith(what)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${what} is not reached by the keyboard`);
}

export const isTooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

/**
 * Holds back what a page says to an address, as a slow network does. Gives what lets it go; until
 * then others come first.
 */
export async function holdBack(page, pattern) {
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route(pattern, async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds, with every rule it has on. */
export async function findings(page) {
  await page.evaluate(await readFile(axe, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document));
  const told = ({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) });
  // What it could not judge is no finding, but for colours: ours can be judged.
  const unclear = found.incomplete.filter(({ id }) => id === "color-contrast");
  return [...found.violations, ...unclear].map(told);
}
