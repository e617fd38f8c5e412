/** That everybody can use it: axe-core with all of its rules, in both colour schemes. */

import assert from "node:assert/strict";

import { STATUSES } from "../../../../order-events-js/order-events.js";
import {
  ORDERS,
  findings,
  holdBack,
  isTooWide,
  open,
  reads,
  stories,
  ticket,
  working,
} from "./support.js";

const story = stories();

for (const colorScheme of ["light", "dark"]) {
  const options = { colorScheme, reducedMotion: "reduce", viewport: { width: 1440, height: 900 } };

  story(`axe finds nothing on the board, nor in what is open beside it, ${colorScheme}`, async (shop) => {
    const guest = await shop.look(options);
    for (const path of ["/sign-in", "/nowhere"]) {
      await guest.goto(shop.at + path);
      assert.deepEqual(await findings(guest), [], path);
    }
    const flora = await working(shop, "flora", undefined, options);
    await reads(flora, "#here", "Flora Haas");
    assert.deepEqual(await findings(flora), [], "the board");
    const milo = await working(shop, "milo");
    for (const [status, order] of Object.entries(ORDERS)) {
      await open(milo, order);
      await open(flora, order);
      // A finished order is watched by nobody.
      if (!STATUSES[status].finality.startsWith("final")) await reads(flora, "#looking", "Milo Sato");
      await reads(flora, "#timeline", "Latest");
      assert.deepEqual(await findings(flora), [], `one that is ${status}`);
    }
  });

  story(`axe finds nothing in toasts, questions, refusals and conflicts, ${colorScheme}`, async (shop) => {
    const flora = await working(shop, "flora", ORDERS.PENDING, options);
    const milo = await working(shop, "milo", ORDERS.PENDING);
    await flora.locator("#moves").getByRole("button", { name: "Cancel order" }).click();
    assert.deepEqual(await findings(flora), [], "while it asks");
    await flora.getByRole("button", { name: "Leave it" }).click();
    const letGo = await holdBack(flora, "**/status");
    await flora.locator("#moves").getByRole("button", { name: "Start processing" }).click();
    await flora.locator("[data-busy]").first().waitFor();
    assert.deepEqual(await findings(flora), [], "while it is on its way");
    await milo.locator("#moves").getByRole("button", { name: "Start processing" }).click();
    await reads(flora, ".toast", "Processing");
    letGo();
    await reads(flora, "#conflict-title", "Milo Sato");
    assert.deepEqual(await findings(flora), [], "the conflict");
    await flora.getByRole("button", { name: "Leave it so" }).click();
    await flora.route("**/notes", (route) => route.abort());
    await flora.getByLabel("What is to be known").fill("It rains.");
    await flora.getByRole("button", { name: "Add note" }).click();
    await reads(flora, "#refusal", "cannot be reached");
    assert.deepEqual(await findings(flora), [], "after it could not be said");
    assert.equal(await flora.getByLabel("What is to be known").inputValue(), "It rains.");
  });
}

story("what is read out is there before it says anything", async (shop) => {
  const ines = await working(shop, "ines", "2036");
  const style = (name) => ines.locator(name).evaluate((place) => getComputedStyle(place).display);
  assert.equal(await ines.locator("#looking").innerText(), "");
  assert.notEqual(await style("#looking"), "none");
  assert.equal(await ines.locator("#toasts").getAttribute("aria-atomic"), "false");
});

story("what cannot be undone is asked about first", async (shop) => {
  const ines = await working(shop, "ines", ORDERS.SHIPPED);
  const refund = () => ines.locator("#moves").getByRole("button", { name: "Refund" }).click();
  await refund();
  await ines.keyboard.press("Escape");
  await refund();
  await ines.getByRole("button", { name: "Leave it" }).click();
  await reads(ines, "#detail-chip", "Shipped");
  await refund();
  await ines.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await reads(ines, "#detail-chip", "Refunded");
  await reads(ines, "#finished", "Nothing can follow");
});

story("the legal next steps are offered, and no others", async (shop) => {
  const ines = await working(shop, "ines");
  for (const [status, order] of Object.entries(ORDERS)) {
    await open(ines, order);
    await reads(ines, "#detail-chip", STATUSES[status].label);
    const offered = await ines
      .locator("#moves button:visible")
      .evaluateAll((all) => all.map(({ dataset }) => dataset.to));
    assert.deepEqual(offered, STATUSES[status].next);
  }
});

story("nothing is wider than a phone", async (shop) => {
  const ines = await working(shop, "ines", undefined, { viewport: { width: 320, height: 640 } });
  assert.equal(await isTooWide(ines), false, "the board");
  await open(ines, ORDERS.PROCESSING);
  assert.equal(await isTooWide(ines), false, "an order");
  assert.equal(await ticket(ines, ORDERS.PENDING).isVisible(), false, "one at a time");
  await ines.getByRole("link", { name: "Close" }).click();
  await ticket(ines, ORDERS.PENDING).waitFor();
});

story("who signs out sees nothing more", async (shop) => {
  const ines = await working(shop, "ines");
  const other = await ines.context().newPage();
  await other.goto(shop.at);
  await reads(other, "#connection", "Live");
  await other.getByRole("button", { name: "Sign out" }).click();
  await reads(other, "h1", "Who is at the bench?");
  await reads(ines, "#notice", "You are not signed in any more.");
});
