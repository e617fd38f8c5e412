/** What the shop's own system sends is on every board, once. */

import assert from "node:assert/strict";

import { holdBack, open, reads, send, stories, ticket, working } from "./support.js";

const story = stories();

story("an order that is sent twice is on the boards once", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const first = await send(shop, "msg_1", "2042");
  const second = await send(shop, "msg_1", "2042");
  assert.deepEqual([first.outcome, second.outcome], ["applied", "duplicate"]);
  assert.equal(first.cursor, second.cursor);
  // What comes after both is there, so a second one would be, too.
  await send(shop, "msg_2", "2043", "Omar Haddad");
  for (const page of [ines, milo]) {
    await reads(page, "[data-order='2043']", "Omar Haddad");
    await reads(page, "[data-order='2042']", "1 × Ranunculus bouquet");
    await reads(page, "#column-PENDING", "6");
    assert.equal(await ticket(page, "2042").count(), 1);
    await reads(page, ".toast", "Order 2042: Order placed");
    await open(page, "2042");
    assert.deepEqual(await page.locator("#timeline strong").allInnerTexts(), ["Order placed"]);
  }
});

story("an order is on the board before anybody knows what it is of", async (shop) => {
  const ines = await working(shop, "ines");
  const letGo = await holdBack(ines, "**/tickets");
  await send(shop, "msg_1", "2042", "<b>Nina</b>");
  await reads(ines, "[data-order='2042']", "Order 2042");
  letGo();
  await reads(ines, "[data-order='2042']", "<b>Nina</b>");
});
