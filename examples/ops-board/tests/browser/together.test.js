/** Two florists at one board: what one does the other sees, and where both do it at once. */

import assert from "node:assert/strict";

import { ORDERS, drag, holdBack, open, reads, stories, ticket, working } from "./support.js";

const story = stories();

/** One presses, another is faster, and the press arrives after it. */
async function overtaken(slow, press, faster) {
  const letGo = await holdBack(slow, "**/staff/orders/**");
  await press();
  await faster();
  letGo();
  await reads(slow, "#conflict[open]", "Somebody was faster");
}

story("a move is on a colleague's board without a reload", async (shop) => {
  const ines = await working(shop, "ines");
  const milo = await working(shop, "milo");
  await milo.evaluate(() => (globalThis.isSamePage = true));
  await ticket(ines, ORDERS.PENDING).getByRole("button", { name: "Start processing" }).click();
  await ticket(milo, ORDERS.PENDING, "PROCESSING").waitFor();
  await reads(milo, ".toast", `Order ${ORDERS.PENDING}: Processing`);
  await reads(milo, "#column-PROCESSING", "3");
  await reads(milo, "#column-PENDING", "3");
  await ticket(ines, ORDERS.PENDING, "PROCESSING").waitFor();
  await reads(ines, "#outcome", `Order ${ORDERS.PENDING} is processing.`);
  assert.equal(await ines.locator(".toast").count(), 0, "what she did herself she knows");
  assert.ok(await milo.evaluate(() => globalThis.isSamePage), "the page was not loaded again");
});

story("a card is dragged to where it may go, and to nowhere else", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const said = [];
  ines.on("request", (request) => request.method() === "POST" && said.push(request.postDataJSON()));
  await drag(ines, ORDERS.PENDING, "DELIVERED");
  await drag(ines, ORDERS.PENDING, "PENDING");
  await drag(ines, ORDERS.PENDING, "PROCESSING");
  await ticket(milo, ORDERS.PENDING, "PROCESSING").waitFor();
  assert.deepEqual(said.map(({ status }) => status), ["PROCESSING"], "the other two were nothing");
});

story("who drags a card away from under a colleague's hand wins, and the other is told", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const order = ORDERS.PROCESSING;
  await overtaken(
    milo,
    () => drag(milo, order, "SHIPPED"),
    async () => {
      await drag(ines, order, "CANCELLED");
      await ines.getByRole("dialog").getByRole("button", { name: "Cancel order" }).click();
      await ticket(ines, order, "CANCELLED").waitFor();
    },
  );
  const dialog = milo.getByRole("alertdialog", { name: `Ines Duarte moved order ${order} to Cancelled` });
  await dialog.waitFor();
  await reads(milo, "#conflict-text", "You wanted to mark it as shipped.");
  await reads(milo, "#conflict-missed li", "Ines Duarte");
  await reads(milo, "#conflict-now", "Cancelled");
  assert.equal(await milo.locator("#conflict-again").isVisible(), false, "nothing can follow");
  await dialog.getByRole("button", { name: "Leave it so" }).click();
  await ticket(milo, order, "CANCELLED").waitFor();
  assert.equal(await ticket(ines, order, "SHIPPED").count(), 0);
});

story("what is still possible after a conflict can be done all the same", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo", "2037")];
  await overtaken(
    milo,
    () => milo.locator("#moves").getByRole("button", { name: "Mark as shipped" }).click(),
    async () => {
      await open(ines, "2037");
      await ines.getByLabel("What is to be known").fill("They asked for tall vases.");
      await ines.getByRole("button", { name: "Add note" }).click();
      await reads(ines, "#timeline", "tall vases");
    },
  );
  await reads(milo, "#conflict-title", "Ines Duarte was just at order 2037");
  await reads(milo, "#conflict-missed", "They asked for tall vases.");
  await milo.getByRole("button", { name: "Mark as shipped all the same" }).click();
  await ticket(ines, "2037", "SHIPPED").waitFor();
  await reads(milo, "#outcome", "Order 2037 is shipped.");
});

story("two who want the same are not two moves", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const start = (page) =>
    ticket(page, ORDERS.PENDING).getByRole("button", { name: "Start processing" }).click();
  await overtaken(milo, () => start(milo), async () => {
    await start(ines);
    await ticket(ines, ORDERS.PENDING, "PROCESSING").waitFor();
  });
  await reads(milo, "#conflict-title", `Ines Duarte moved order ${ORDERS.PENDING} to Processing`);
  assert.equal(await milo.locator("#conflict-again").isVisible(), false, "it is done");
});

story("who looks after an order is on every board, and of two who take it one has it", async (shop) => {
  const [ines, milo] = [await working(shop, "ines", "2040"), await working(shop, "milo", "2040")];
  const assign = async (page, name) => {
    await page.getByLabel("Florist").selectOption(name);
    await page.getByRole("button", { name: "Assign" }).click();
  };
  await assign(ines, "Flora Haas");
  await reads(milo, "[data-order='2040'] .owner", "Flora Haas");
  await reads(milo, ".toast", "Flora Haas looks after it");
  await overtaken(milo, () => assign(milo, "Milo Sato"), async () => {
    await assign(ines, "Ines Duarte");
    await reads(ines, "[data-order='2040'] .owner", "Ines Duarte");
  });
  await reads(milo, "#conflict-now", "Ines Duarte looks after it");
  await milo.getByRole("button", { name: "Leave it so" }).click();
  await reads(milo, "[data-order='2040'] .owner", "Ines Duarte");
  assert.equal(await milo.getByLabel("Florist").inputValue(), "ines");
  await assign(milo, "Nobody");
  await reads(ines, "[data-order='2040'] .owner", "nobody");
});

story("a note for colleagues is there at once, and what is being written stays", async (shop) => {
  const [ines, milo] = [await working(shop, "ines", "2036"), await working(shop, "milo", "2036")];
  await milo.getByLabel("What is to be known").fill("Half a thou");
  await ines.getByLabel("What is to be known").fill("No ribbons.");
  await ines.getByRole("button", { name: "Add note" }).click();
  await reads(milo, "#timeline li:first-child", "No ribbons.");
  await reads(milo, "#timeline li:first-child", "Staff only");
  await reads(milo, "[data-order='2036'] .notes", "2");
  assert.equal(await milo.getByLabel("What is to be known").inputValue(), "Half a thou");
  assert.equal(await ines.getByLabel("What is to be known").inputValue(), "");
});

story("who else is looking appears, and disappears", async (shop) => {
  const flora = await working(shop, "flora", ORDERS.PROCESSING);
  const eyes = ticket(flora, ORDERS.PROCESSING).locator(".eyes");
  const milo = await working(shop, "milo");
  await reads(flora, "#here", "Milo Sato");
  assert.equal(await eyes.count(), 0, "he has the board before him, not this order");
  await open(milo, ORDERS.PROCESSING);
  await eyes.getByText("Milo Sato").waitFor({ state: "attached" });
  await reads(flora, "#looking", "Milo Sato is looking, too");
  await reads(milo, "#looking", "Flora Haas is looking, too");
  // He looks at another, and then goes home.
  await milo.getByRole("link", { name: "Close" }).click();
  await eyes.waitFor({ state: "detached" });
  await flora.locator("#looking:empty").waitFor({ state: "attached" });
  await open(milo, "2037");
  await reads(flora, "[data-order='2037'] .eyes", "Milo Sato");
  await milo.context().close();
  await ticket(flora, "2037").locator(".eyes").waitFor({ state: "detached" });
  await flora.locator("#here").filter({ hasNotText: "Milo Sato" }).waitFor();
});
