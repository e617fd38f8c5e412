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
  // Looked for before it comes, for it does not stay.
  const told = reads(milo, ".toast", `Order ${ORDERS.PENDING}: Processing`);
  await ticket(ines, ORDERS.PENDING).getByRole("button", { name: "Start processing" }).click();
  await ticket(milo, ORDERS.PENDING, "PROCESSING").waitFor();
  await told;
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
  const told = reads(milo, ".toast", "Flora Haas looks after it");
  await assign(ines, "Flora Haas");
  await reads(milo, "[data-order='2040'] .owner", "Flora Haas");
  await told;
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

story("who is being chosen stays chosen, whoever a colleague chooses meanwhile", async (shop) => {
  const [ines, milo] = [await working(shop, "ines", "2040"), await working(shop, "milo", "2040")];
  const choice = milo.getByLabel("Florist");
  await choice.selectOption("Milo Sato");
  await ines.getByLabel("Florist").selectOption("Flora Haas");
  await ines.getByRole("button", { name: "Assign" }).click();
  await reads(milo, "[data-order='2040'] .owner", "Flora Haas");
  assert.equal(await choice.inputValue(), "milo");
  await milo.getByRole("button", { name: "Assign" }).click();
  await reads(ines, "[data-order='2040'] .owner", "Milo Sato");
  // Then it follows again.
  await ines.getByLabel("Florist").selectOption("Ines Duarte");
  await ines.getByRole("button", { name: "Assign" }).click();
  await reads(milo, "[data-order='2040'] .owner", "Ines Duarte");
  assert.equal(await choice.inputValue(), "ines");
});

story("one question is asked at a time, and each has its own answer", async (shop) => {
  const [ines, milo] = [await working(shop, "ines"), await working(shop, "milo")];
  const letGo = await holdBack(milo, "**/2040/status");
  await ticket(milo, "2040").getByRole("button", { name: "Start processing" }).click();
  await ticket(ines, "2040").getByRole("button", { name: "Start processing" }).click();
  await ticket(milo, "2040", "PROCESSING").waitFor();
  await drag(milo, "2041", "CANCELLED");
  const sure = milo.getByRole("dialog", { name: "Cancel order 2041?" });
  await sure.waitFor();
  const overtaken = milo.waitForResponse("**/2040/status");
  letGo();
  assert.equal((await overtaken).status(), 409);
  // Whatever the page does about it at once is done when this is answered.
  await milo.evaluate(() => fetch("/api/orders/2040"));
  await sure.getByRole("button", { name: "Cancel order" }).click();
  await ticket(milo, "2041", "CANCELLED").waitFor();
  const conflict = milo.getByRole("alertdialog", { name: "Ines Duarte moved order 2040" });
  await conflict.getByRole("button", { name: "Leave it so" }).click();
  await conflict.waitFor({ state: "hidden" });
});

story("two questions at once are two questions", async (shop) => {
  const ines = await working(shop, "ines");
  await ines.evaluate(async () => {
    const { isSure } = await import("/assets/desk.js");
    globalThis.answers = Promise.all([isSure("2040", "CANCELLED"), isSure("2035", "REFUNDED")]);
  });
  await ines.getByRole("dialog", { name: "Cancel order 2040?" }).getByText("Cancel order", { exact: true }).click();
  await ines.getByRole("dialog", { name: "Refund order 2035?" }).getByText("Leave it").click();
  assert.deepEqual(await ines.evaluate(() => globalThis.answers), [true, false]);
});

story("a step is possible again when the log was lost before it was seen", async (shop) => {
  const ines = await working(shop, "ines");
  // It was done, the shop says; and then what it was done to is gone.
  await ines.route("**/2040/status", (route) => route.fulfill({ json: { version: 99 } }), { times: 1 });
  const start = ticket(ines, "2040").getByRole("button", { name: "Start processing" });
  await start.click();
  await reads(ines, "#outcome", "Order 2040 is processing.");
  await ines.locator("[data-order='2040'][data-busy]").waitFor();
  await shop.restart();
  await ines.locator("[data-order='2040']:not([data-busy])").waitFor();
  await start.click();
  await ticket(ines, "2040", "PROCESSING").waitFor();
});

story("a page acts for whom it was opened, or not at all", async (shop) => {
  const ines = await working(shop, "ines", "2036");
  const other = await ines.context().newPage();
  await other.goto(`${shop.at}/sign-in`);
  await other.getByRole("button", { name: "Milo Sato" }).click();
  await reads(other, ".who", "Milo Sato");
  await ines.getByLabel("What is to be known").fill("Said by Ines.");
  await ines.getByRole("button", { name: "Add note" }).click();
  await reads(ines, "#refusal", "You are not signed in any more");
  assert.equal(await ines.getByLabel("What is to be known").inputValue(), "Said by Ines.");
  // What comes after it is there, and it is not.
  await open(other, "2036");
  await other.getByLabel("What is to be known").fill("Said by Milo.");
  await other.getByRole("button", { name: "Add note" }).click();
  await reads(other, "#timeline", "Said by Milo.");
  await other.locator("#timeline").filter({ hasNotText: "Said by Ines." }).waitFor();
  // Nor does it go on to watch under another name.
  await shop.restart();
  await reads(ines, "#notice", "You are not signed in any more.");
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

story("who is looking is not claimed when nobody can say", async (shop) => {
  const flora = await working(shop, "flora", ORDERS.PROCESSING);
  await working(shop, "milo", ORDERS.PROCESSING);
  await reads(flora, "#looking", "Milo Sato is looking, too");
  await flora.route("**/presence", (route) => route.abort());
  await flora.locator("#looking:empty").waitFor({ state: "attached" });
  await flora.locator("#here:empty").waitFor({ state: "attached" });
  await flora.unroute("**/presence");
  await reads(flora, "#looking", "Milo Sato is looking, too");
});

story("one look at a time, and what has not changed is not drawn again", async (shop) => {
  const flora = await working(shop, "flora", ORDERS.PROCESSING);
  await reads(flora, "#here", "Flora Haas");
  const held = [];
  let came;
  const next = () => new Promise((resolve) => (came = resolve));
  let coming = next();
  await flora.route("**/presence", (route) => {
    held.push(route);
    came();
  });
  await coming;
  for (let looks = 0; looks < 3; looks += 1) {
    // Somebody wants to know at once, while it is being asked.
    await flora.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await flora.evaluate(() => fetch("/api/staff/florists"));
    assert.equal(held.length, 1);
    coming = next();
    await held.pop().continue();
    await coming;
    if (looks === 0) await flora.evaluate(watchForChanges);
  }
  assert.equal(await flora.evaluate(() => globalThis.changes), 0);
  await flora.unrouteAll({ behavior: "ignoreErrors" });
});

/** Counts, on a page, what is drawn there. */
function watchForChanges() {
  globalThis.changes = 0;
  const count = (changes) => (globalThis.changes += changes.length);
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(count).observe(document.getElementById("main"), everything);
}
