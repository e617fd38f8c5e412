/** What the tests in a browser share: the board's florists and orders, and the shop's deliveries. */

import { createHmac } from "node:crypto";

import * as pages from "../../../tests/browser/support.js";
import { reads } from "../../../tests/browser/support.js";

export { findings, focused, holdBack, isTooWide, reads, tabTo } from "../../../tests/browser/support.js";

/** What the shop signs its deliveries with. */
const KEY = Buffer.from("a key of these tests, and long");

/** The program, and who has an account. */
export const OPS_BOARD = {
  variable: "OPS_BOARD",
  people: { flora: "Flora Haas", ines: "Ines Duarte", milo: "Milo Sato" },
  secrets: { WEBHOOK_SECRET: `whsec_${KEY.toString("base64")}` },
};

/** One of each status. */
export const ORDERS = {
  PENDING: "2040",
  PROCESSING: "2036",
  SHIPPED: "2035",
  DELIVERED: "2033",
  CANCELLED: "2034",
  REFUNDED: "2032",
};

export const stories = () => pages.stories(OPS_BOARD);

/** A florist with the board before them, live; perhaps with an order open. */
export async function working(shop, user, order, options) {
  const page = await shop.visit(user, options);
  await reads(page, "#connection", "Live");
  await reads(page, ".ticket", "Tulip bunch");
  if (order) await open(page, order);
  return page;
}

/** Opens an order as florists do. */
export async function open(page, order) {
  await ticket(page, order).getByRole("link").click();
  await reads(page, "#detail-title", `Order ${order}`);
}

/** An order's card, perhaps in the column of a status. */
export const ticket = (page, order, status) =>
  page.locator(`${status ? `[data-status=${status}] ` : ""}[data-order="${order}"]`);

/** Takes a card to a column. */
export const drag = (page, order, status) =>
  ticket(page, order).dragTo(page.locator(`[data-status=${status}] h2`));

/** The shop's own system sends an order. Gives the answer. */
export async function send(shop, delivery, order, recipient = "Nina Park", due = inAnHour()) {
  const items = [{ name: "Ranunculus bouquet", count: 1 }];
  const body = JSON.stringify({ orderId: order, recipient, items, due });
  const sent = Math.floor(Date.now() / 1000);
  const signed = createHmac("sha256", KEY).update(`${delivery}.${sent}.${body}`).digest("base64");
  const headers = {
    "webhook-id": delivery,
    "webhook-timestamp": String(sent),
    "webhook-signature": `v1,${signed}`,
  };
  const answer = await fetch(`${shop.at}/hooks/orders`, { method: "POST", headers, body });
  return { status: answer.status, ...(await answer.json()) };
}

const inAnHour = () => new Date(Date.now() + 3_600_000);
