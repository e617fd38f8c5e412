/** That everybody can use it: axe-core with all of its rules, in both colour schemes. */

import assert from "node:assert/strict";

import { ORDERS, findings, isTooWide, reads, stories, working } from "./support.js";

const story = stories();

for (const colorScheme of ["light", "dark"]) {
  const options = { colorScheme, reducedMotion: "reduce" };

  story(`axe finds nothing on an order's page, nor at its desk, ${colorScheme}`, async (shop) => {
    const [page, desk] = [await shop.visit("anna", options), await shop.visit("sam", options)];
    for (const [status, order] of Object.entries(ORDERS)) {
      await page.goto(`${shop.at}/orders/${order}`);
      await reads(page, "#timeline", "Latest");
      await reads(page, "#bought", "Total");
      assert.deepEqual(await findings(page), [], `the page of one that is ${status}`);
      await desk.goto(`${shop.at}/staff#order/${order}`);
      await reads(desk, "#detail-title", `Order ${order}`);
      await reads(desk, "#connections", /\d/);
      assert.deepEqual(await findings(desk), [], `the desk of one that is ${status}`);
    }
  });

  story(`axe finds nothing on the other pages, ${colorScheme}`, async (shop) => {
    const guest = await shop.look(options);
    for (const path of ["/sign-in", "/nowhere"]) {
      await guest.goto(shop.at + path);
      assert.deepEqual(await findings(guest), [], path);
    }
    const page = await shop.visit("anna", options);
    await reads(page, "#orders", "Order 1048");
    await reads(page, "#goods", "Beeswax candle");
    assert.deepEqual(await findings(page), []);
    await page.goto(`${shop.at}/orders/1047`);
    await reads(page, "#notice", "no such order");
    assert.deepEqual(await findings(page), []);
  });

  story(`axe finds nothing in toasts, refusals and questions, ${colorScheme}`, async (shop) => {
    const desk = await shop.visit("sam", options);
    await desk.goto(`${shop.at}/staff#order/${ORDERS.PROCESSING}`);
    await desk.getByText("Who is watching").click();
    await reads(desk, "#watchers", "Sam");
    await desk.locator("#moves").getByRole("button", { name: "Refund" }).click();
    assert.deepEqual(await findings(desk), [], "while it asks");
    await desk.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
    await reads(desk, "#refusal", "needs a note");
    const other = await working(shop, "rita", ORDERS.PROCESSING);
    await other.getByLabel("What is to be known").fill("Be quick.");
    await other.getByRole("button", { name: "Add note" }).click();
    await reads(desk, ".toast", "Be quick.");
    assert.deepEqual(await findings(desk), [], "after it refused");
  });
}

story("nothing is wider than a phone", async (shop) => {
  const viewport = { width: 320, height: 640 };
  const page = await shop.visit("anna", { viewport });
  await reads(page, "#orders", "Order 1048");
  assert.equal(await isTooWide(page), false, "the list");
  for (const order of Object.values(ORDERS)) {
    await page.goto(`${shop.at}/orders/${order}`);
    await reads(page, "#timeline", "Latest");
    assert.equal(await isTooWide(page), false, order);
  }
  const desk = await shop.visit("sam", { viewport });
  await reads(desk, "#orders", "Order 1048");
  assert.equal(await isTooWide(desk), false, "the desk");
  await desk.goto(`${shop.at}/staff#order/${ORDERS.PROCESSING}`);
  await reads(desk, "#timeline", "Latest");
  assert.equal(await isTooWide(desk), false, "the desk with an order");
});
