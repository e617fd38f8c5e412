/** What staff do, and what they are not let do. */

import assert from "node:assert/strict";

import { STATUSES } from "../../../../order-events-js/order-events.js";
import { ORDERS, focused, holdBack, reads, stories, tabTo, working } from "./support.js";

const story = stories();

story("the legal next steps are offered, and no others", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PENDING);
  for (const [status, order] of Object.entries(ORDERS)) {
    await desk.goto(`${shop.at}/staff#order/${order}`);
    await reads(desk, "#detail-title", `Order ${order}`);
    await reads(desk, "#detail-chip", STATUSES[status].label);
    const moves = desk.locator("#moves button:visible");
    const offered = await moves.evaluateAll((all) => all.map(({ dataset }) => dataset.to));
    assert.deepEqual(offered, STATUSES[status].next);
    assert.equal(await desk.locator("#finished").isVisible(), STATUSES[status].next.length === 0);
  }
});

story("a move that somebody else made impossible is refused and explained", async (shop) => {
  const sam = await working(shop, "sam", ORDERS.PENDING);
  const rita = await working(shop, "rita", ORDERS.PENDING);
  // Sam's press is on its way while Rita's is carried out.
  const letGo = await holdBack(sam, "**/status");
  await sam.getByRole("button", { name: "Start processing" }).click();
  await rita.getByRole("button", { name: "Cancel order" }).click();
  await rita.getByRole("dialog").getByRole("button", { name: "Cancel order" }).click();
  await reads(rita, "#outcome", "is cancelled");
  letGo();
  await reads(sam, "#refusal", "cannot become processing");
  const said = await sam.getByRole("alert").filter({ hasText: "Order" }).innerText();
  assert.ok(said.includes("It is cancelled: somebody may have moved it meanwhile."), said);
  assert.ok(said.includes("Nothing can follow. Nothing was changed."), said);
  await reads(sam, "#finished", "Nothing can follow");
});

story("what somebody else did meanwhile is seen before an order is moved", async (shop) => {
  const sam = await working(shop, "sam", ORDERS.PENDING);
  const rita = await working(shop, "rita", ORDERS.PENDING);
  const letGo = await holdBack(sam, "**/status");
  await sam.getByRole("button", { name: "Start processing" }).click();
  await rita.getByLabel("What is to be known").fill("She wants blue ones.");
  await rita.getByRole("button", { name: "Add note" }).click();
  await reads(rita, "#outcome", "for staff alone");
  letGo();
  await reads(sam, "#refusal", `Somebody was faster at order ${ORDERS.PENDING}`);
  await reads(sam, "#timeline li:first-child", "She wants blue ones.");
  await reads(sam, "#detail-chip", "Pending");
  await sam.getByRole("button", { name: "Start processing" }).click();
  await reads(sam, "#detail-chip", "Processing");
  assert.equal(await sam.locator("#refusal").isVisible(), false);
});

story("what they did themselves stands in nobody's way", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PROCESSING);
  // The stream says nothing of it yet when the next is pressed.
  await desk.route("**/notes", async (route) => {
    await desk.context().setOffline(true);
    await route.fulfill({ json: { version: Number(await versionOf(desk)) + 1 } });
  });
  const moved = desk.waitForRequest("**/status");
  await desk.getByLabel("What is to be known").fill("I take it.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#outcome", "for staff alone");
  const seen = Number(await versionOf(desk));
  await desk.getByRole("button", { name: "Mark as shipped" }).click();
  assert.equal((await moved).postDataJSON().version, seen + 1);
});

/** The version of the order that a desk shows. */
const versionOf = (desk) => desk.locator("#timeline li").first().getAttribute("data-version");

story("what was refused for good is said anew when it is said again", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.DELIVERED);
  const keys = [];
  desk.on("request", (request) => {
    if (request.method() === "POST") keys.push(request.postDataJSON().key);
  });
  for (let times = 0; times < 2; times += 1) {
    await desk.locator("#moves").getByRole("button", { name: "Refund" }).click();
    const refused = desk.waitForResponse("**/status");
    await desk.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
    assert.equal((await refused).status(), 409);
    await reads(desk, "#refusal", "A refund needs a note");
  }
  assert.equal(new Set(keys).size, 2);
});

story("what names no order in the address changes nothing", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PENDING);
  await desk.getByLabel("A word to the customer").fill("Half a thou");
  await desk.getByRole("link", { name: "Skip to the content" }).press("Enter");
  for (const hash of ["#%", "#1046", "#order/%"]) {
    await desk.evaluate((hash) => (location.hash = hash), hash);
  }
  await desk.waitForFunction(() => location.hash === "#order/%");
  await reads(desk, "#detail-title", `Order ${ORDERS.PENDING}`);
  const draft = () => desk.getByLabel("A word to the customer").inputValue();
  assert.equal(await draft(), "Half a thou");
  await desk.goto(`${shop.at}/staff#order/${ORDERS.PROCESSING}`);
  await reads(desk, "#detail-title", `Order ${ORDERS.PROCESSING}`);
  assert.equal(await draft(), "", "it is of the other");
  await desk.goto(`${shop.at}/staff#order/${ORDERS.PENDING}`);
  await reads(desk, "#detail-title", `Order ${ORDERS.PENDING}`);
  assert.equal(await draft(), "Half a thou");
});

story("a refund without a word is refused and explained, and with one it is not", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.DELIVERED);
  const refund = async () => {
    await desk.locator("#moves").getByRole("button", { name: "Refund" }).click();
    await desk.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  };
  await refund();
  await reads(desk, "#refusal", "A refund needs a note that tells the customer why.");
  await reads(desk, "#detail-chip", "Delivered");
  await desk.getByLabel("A word to the customer").fill("The glaze was flawed.");
  await refund();
  await reads(desk, "#detail-chip", "Refunded");
  await reads(desk, "#timeline li:first-child", "The glaze was flawed.");
  assert.equal(await desk.locator("#refusal").isVisible(), false);
});

story("what cannot be undone is asked about first", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PENDING);
  await desk.getByRole("button", { name: "Cancel order" }).click();
  await desk.keyboard.press("Escape");
  await desk.getByRole("button", { name: "Cancel order" }).click();
  await desk.getByRole("button", { name: "Leave it" }).click();
  await desk.getByRole("button", { name: "Start processing" }).click();
  await reads(desk, "#detail-chip", "Processing");
  assert.equal(await desk.locator("#refusal").isVisible(), false);
});

story("the second press of a double click moves nothing", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PENDING);
  await desk.getByRole("button", { name: "Start processing" }).click();
  await desk.getByRole("button", { name: "Mark as shipped" }).dispatchEvent("click", { detail: 2 });
  await desk.getByLabel("What is to be known").fill("This comes after it.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#timeline li:first-child", "This comes after it.");
  await reads(desk, "#detail-chip", "Processing");
});

story("a note whose answer was lost counts once, however often it is sent", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PROCESSING);
  await desk.route("**/notes", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await desk.getByLabel("What is to be known").fill("She called twice.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#refusal", "cannot be reached");
  await reads(desk, "#timeline", "She called twice.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#outcome", "for staff alone");
  // Another that comes after it is there, so a second of the first would be.
  await desk.getByLabel("What is to be known").fill("She is on her way.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#timeline", "She is on her way.");
  assert.equal(await desk.locator("#timeline li", { hasText: "She called twice." }).count(), 1);
});

story("an order is moved by keys alone, and the focus is never lost", async (shop) => {
  const desk = await shop.visit("sam");
  await reads(desk, "#orders", "Order 1048");
  await desk.keyboard.press("Tab");
  assert.equal(await focused(desk), "Skip to the content");
  await desk.keyboard.press("Enter");
  await tabTo(desk, "Order 1048");
  await desk.keyboard.press("Enter");
  await reads(desk, "#detail-title", "Order 1048");
  assert.equal(await focused(desk), "detail-title");
  await tabTo(desk, "Start processing");
  await desk.keyboard.press("Enter");
  await reads(desk, "#detail-chip", "Processing");
  await desk.locator("#detail-title:focus").waitFor();
});

story("the focus stays where it is while orders come and change", async (shop) => {
  const [desk, other] = [await shop.visit("sam"), await working(shop, "rita", ORDERS.SHIPPED)];
  const page = await shop.visit("ben");
  await reads(desk, "#orders", `Order ${ORDERS.SHIPPED}`);
  await desk.getByRole("link", { name: `Order ${ORDERS.SHIPPED}` }).focus();
  await other.getByRole("button", { name: "Mark as delivered" }).click();
  await page.getByRole("button", { name: "Order Linen apron" }).click();
  await reads(desk, "#orders li:first-child", "Order 1049");
  await reads(desk, "#orders a:focus", "Delivered");
});

story("the panel says who watches, and how publishing goes", async (shop) => {
  const desk = await working(shop, "sam", ORDERS.PENDING);
  const page = await shop.visit("anna");
  await page.goto(`${shop.at}/orders/${ORDERS.PENDING}`);
  await desk.getByText("Who is watching").click();
  await reads(desk, "#watchers tr", `order ${ORDERS.PENDING}`);
  await reads(desk, "#connections", "2");
  await desk.getByRole("button", { name: "Start processing" }).click();
  await reads(desk, "#latency-more", "last 1");
  await reads(desk, "#lag", "0 events");
});
