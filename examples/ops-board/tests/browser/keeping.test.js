/** That nothing is lost that somebody has in hand: the focus, what is being written, what is open. */

import assert from "node:assert/strict";

import {
  ORDERS,
  focused,
  open,
  reads,
  send,
  stories,
  tabTo,
  ticket,
  working,
} from "./support.js";

const story = stories();

story("an order is moved by keys alone, and the focus is never lost", async (shop) => {
  const ines = await working(shop, "ines");
  await ines.keyboard.press("Tab");
  assert.equal(await focused(ines), "Skip to the content");
  await ines.keyboard.press("Enter");
  await tabTo(ines, "Oskar Lind");
  await ines.keyboard.press("Tab");
  assert.ok((await focused(ines)).startsWith("Start processing"));
  await ines.keyboard.press("Enter");
  // The card takes its focus along, to the button of its next step.
  const moved = ticket(ines, ORDERS.PENDING, "PROCESSING");
  await moved.locator(".step:focus").filter({ hasText: "Mark as shipped" }).waitFor();
  await ines.keyboard.press("Shift+Tab");
  await ines.keyboard.press("Enter");
  await ines.locator("#detail-title:focus").waitFor();
  await tabTo(ines, "Mark as shipped");
  await ines.keyboard.press("Enter");
  await reads(ines, "#detail-chip", "Shipped");
  await ines.locator("#detail-title:focus").waitFor();
  await ines.keyboard.press("Escape");
  const shipped = ticket(ines, ORDERS.PENDING, "SHIPPED");
  await shipped.locator("a:focus").waitFor();
  await ines.keyboard.press("Tab");
  assert.ok((await focused(ines)).startsWith("Mark as delivered"));
  await ines.keyboard.press("Enter");
  // There is no next step on the card of one that was delivered.
  await ticket(ines, ORDERS.PENDING, "DELIVERED").locator("a:focus").waitFor();
});

story("the focus stays where it is while orders come and go", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  await ticket(ines, "2038").getByRole("link").focus();
  await ticket(milo, "2038").getByRole("button", { name: "Start processing" }).click();
  await send(shop, "msg_1", "2042");
  await reads(ines, "[data-order='2042']", "Nina Park");
  await ticket(ines, "2038", "PROCESSING").locator("a:focus").waitFor();
});

story("the focus is not lost when what was pressed is gone behind a question", async (shop) => {
  const [ines, milo] = [await working(shop, "ines", "2041"), await working(shop, "milo")];
  await ines.locator("#moves").getByRole("button", { name: "Cancel order" }).press("Enter");
  await ines.getByRole("dialog").waitFor();
  await ticket(milo, "2041").getByRole("button", { name: "Start processing" }).click();
  await ticket(ines, "2041", "PROCESSING").waitFor();
  await ines.keyboard.press("Escape");
  await ines.locator("#detail-title:focus").waitFor();
});

story("a toast stays while it has the focus", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const remark = async (note) => {
    await milo.getByLabel("What is to be known").fill(note);
    await milo.getByRole("button", { name: "Add note" }).click();
  };
  await open(milo, "2036");
  await remark("the first");
  const first = ines.locator(".toast").filter({ hasText: "the first" });
  await first.getByRole("button").focus();
  for (const note of ["the second", "the third", "the fourth", "the fifth"]) {
    await remark(note);
    await reads(ines, ".toast", note);
  }
  await first.getByRole("button").and(ines.locator(":focus")).waitFor();
  assert.equal(await ines.locator(".toast").filter({ hasText: "the second" }).count(), 0);
});

story("what names no order in the address changes nothing", async (shop) => {
  const ines = await working(shop, "ines", "2036");
  const draft = ines.getByLabel("What is to be known");
  await draft.fill("Half a thou");
  await ines.getByRole("link", { name: "Skip to the content" }).press("Enter");
  for (const hash of ["#%", "#2040", "#constructor", "#order/%", "#order/..", "#order/"]) {
    await ines.evaluate((hash) => (location.hash = hash), hash);
  }
  await ines.waitForFunction(() => location.hash === "#order/");
  await reads(ines, "#detail-title", "Order 2036");
  assert.equal(await draft.inputValue(), "Half a thou");
  await ines.goto(`${shop.at}/#%`);
  await ines.reload();
  await reads(ines, ".ticket", "Tulip bunch");
  assert.equal(await ines.locator("#detail").isVisible(), false);
  // But what names one opens it, and going back closes it.
  await ines.goto(`${shop.at}/#order/2036`);
  await reads(ines, "#detail-title", "Order 2036");
  await ines.goto(`${shop.at}/#`);
  await ines.locator("#detail").waitFor({ state: "hidden" });
});

story("what is being written of an order waits for it", async (shop) => {
  const ines = await working(shop, "ines", "2036");
  const draft = ines.getByLabel("What is to be known");
  await draft.fill("Half a thou");
  // In the middle of a word that is put together of several keys.
  await draft.dispatchEvent("keydown", { key: "Escape", isComposing: true });
  await reads(ines, "#detail-title", "Order 2036");
  assert.ok(await ines.locator("#detail").isVisible());
  await draft.press("Escape");
  await ines.locator("#detail").waitFor({ state: "hidden" });
  await open(ines, "2037");
  assert.equal(await draft.inputValue(), "");
  await draft.fill("Of another");
  await open(ines, "2036");
  assert.equal(await draft.inputValue(), "Half a thou");
  await ines.getByRole("button", { name: "Add note" }).click();
  await reads(ines, "#timeline", "Half a thou");
  await reads(ines, "#outcome", "Your note is at order 2036");
  await open(ines, "2037");
  assert.equal(await draft.inputValue(), "Of another");
  await open(ines, "2036");
  assert.equal(await draft.inputValue(), "", "it was said");
});
