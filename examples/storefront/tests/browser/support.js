/** What the tests in a browser share: the shop, and people who look at it. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { createInterface } from "node:readline";

import { openBrowser } from "../../../../order-events-js/tests/browser/support.js";

const PROGRAM = process.env.STOREFRONT;

/** Nothing here takes half as long, unless it never happens. */
const CAP = 30_000;

const PEOPLE = { anna: "Anna Berg", ben: "Ben Okoro", sam: "Sam Lindqvist", rita: "Rita Novak" };

/** One of each status, all of them Anna's. */
export const ORDERS = {
  PENDING: "1048",
  PROCESSING: "1046",
  SHIPPED: "1045",
  DELIVERED: "1044",
  CANCELLED: "1042",
  REFUNDED: "1041",
};

/**
 * What a file of tests tells: each of its stories has a shop of its own, and people who are gone
 * after it. What a page complains of fails its story.
 */
export function stories() {
  let chromium;
  after(async () => (await chromium)?.close());
  return function story(name, tell) {
    test(name, async () => {
      chromium ??= openBrowser();
      const shop = await Shop.open((await chromium).browser);
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

  static async open(browser) {
    if (!PROGRAM) throw new Error("STOREFRONT must name the shop's program");
    const env = { ...process.env, PORT: "0", SHOP_SECRET: "a secret of these tests" };
    const program = spawn(PROGRAM, { env, stdio: ["ignore", "pipe", "inherit"] });
    const shop = new Shop();
    shop.browser = browser;
    shop.program = program;
    // Kept open, for a program that prints to a closed pipe fails.
    shop.lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
    const { value } = await shop.lines.next();
    shop.at = value.replace("listening on ", "");
    return shop;
  }

  /** Somebody who signs in by the page for it. Each has a browser of their own, as it were. */
  async visit(user, options = {}) {
    const page = await this.look(options);
    await page.goto(`${this.at}/sign-in`);
    await page.getByRole("button", { name: PEOPLE[user] }).click();
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
    const ended = once(this.program, "exit");
    if (this.program.kill()) await ended;
  }
}

/** Waits until this is to be read on the page. */
export const reads = (page, selector, text) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor();

/** A page that follows one of the orders, live. */
export async function following(shop, user, order, options) {
  const page = await shop.visit(user, options);
  await page.goto(`${shop.at}/orders/${order}`);
  await reads(page, "#connection", "Live");
  return page;
}

/** A desk where one of the orders is worked on. */
export async function working(shop, user, order, options) {
  const page = await shop.visit(user, options);
  await page.goto(`${shop.at}/staff#${order}`);
  await reads(page, "#connection", "Live");
  await reads(page, "#detail-title", `Order ${order}`);
  return page;
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
