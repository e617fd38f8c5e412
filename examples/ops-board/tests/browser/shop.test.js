/** What the shop's own system sends is on every board, once. */

import assert from "node:assert/strict";

import { holdBack, open, reads, send, stories, ticket, working } from "./support.js";

const story = stories();

story("an order that is sent twice is on the boards once", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  // Looked for before it comes, for it does not stay.
  const told = [ines, milo].map((page) => reads(page, ".toast", "Order 2042: Order placed"));
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
    await open(page, "2042");
    assert.deepEqual(await page.locator("#timeline strong").allInnerTexts(), ["Order placed"]);
  }
  await Promise.all(told);
});

story("what is known of orders stays while the shop cannot say more, and is asked again", async (shop) => {
  const ines = await working(shop, "ines");
  let isAway = true;
  let most = 0;
  let underWay = 0;
  await ines.route("**/tickets", async (route) => {
    underWay += 1;
    most = Math.max(most, underWay);
    const answer = isAway ? undefined : await route.fetch();
    underWay -= 1;
    await (answer ? route.fulfill({ response: answer }) : route.abort());
  });
  for (const [delivery, order] of [["msg_1", "2042"], ["msg_2", "2043"], ["msg_3", "2044"]]) {
    await send(shop, delivery, order);
    await reads(ines, `[data-order='${order}']`, `Order ${order}`);
  }
  await reads(ines, "[data-order='2040']", "Tulip bunch");
  isAway = false;
  await reads(ines, "[data-order='2044']", "Ranunculus bouquet");
  await reads(ines, "[data-order='2042']", "Ranunculus bouquet");
  assert.equal(most, 1, "one question at a time");
});

story("what came while a page was away is learnt with the orders, without an event", async (shop) => {
  const ines = await working(shop, "ines");
  await ines.context().setOffline(true);
  await reads(ines, "#connection", "Offline");
  await shop.restart();
  await send(shop, "msg_1", "2042");
  await ines.context().setOffline(false);
  await reads(ines, "[data-order='2042']", "Ranunculus bouquet");
});

story("an order may be called whatever the shop likes", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  for (const [place, order] of ["constructor", "__proto__", "100%"].entries()) {
    await send(shop, `msg_${place}`, order);
    await open(ines, order);
    await open(milo, order);
    await reads(milo, "#looking", "Ines Duarte is looking, too");
    await reads(milo, "#detail-chip", "Pending");
  }
});

story("what is not due today says on which day it is", async (shop) => {
  const ines = await working(shop, "ines");
  const due = new Date(Date.now() + 3 * 24 * 3_600_000);
  await send(shop, "msg_1", "2042", "Nina Park", due);
  const day = await ines.evaluate((due) => {
    const parts = { weekday: "short", day: "numeric", month: "short" };
    return new Date(due).toLocaleDateString("en-GB", parts);
  }, due.getTime());
  await reads(ines, "[data-order='2042'] .due", day);
});

story("an order is on the board before anybody knows what it is of", async (shop) => {
  const ines = await working(shop, "ines");
  const letGo = await holdBack(ines, "**/tickets");
  await send(shop, "msg_1", "2042", "<b>Nina</b>");
  await reads(ines, "[data-order='2042']", "Order 2042");
  letGo();
  await reads(ines, "[data-order='2042']", "<b>Nina</b>");
});
