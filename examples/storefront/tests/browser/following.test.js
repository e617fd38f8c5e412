/** What a customer sees while staff work. */

import assert from "node:assert/strict";

import { ORDERS, following, reads, stories, working } from "./support.js";

const story = stories();

story("the tracker follows what staff do in another window, without a reload", async (shop) => {
  const page = await following(shop, "anna", ORDERS.PROCESSING);
  await page.evaluate(() => (globalThis.isSamePage = true));
  await reads(page, "[aria-current=step]", "Processing");
  const desk = await working(shop, "sam", ORDERS.PROCESSING);
  await desk.getByLabel("A word to the customer").fill("Out of the door.");
  await desk.getByLabel("Number").fill("77 12/3");
  await desk.getByRole("button", { name: "Save" }).click();
  await reads(page, ".toast", "Parcel has a number");
  assert.equal(await page.locator("#parcel").isVisible(), false, "nothing has left yet");
  // Looked for before it comes, for it does not stay.
  const told = reads(page, ".toast", "Out of the door.");
  await desk.getByRole("button", { name: "Mark as shipped" }).click();

  await reads(page, "[aria-current=step]", "Shipped");
  await reads(page, "#status", "Shipped");
  await told;
  await reads(page, "#timeline li:first-child", "Latest");
  await reads(page, "#timeline li:first-child", "Out of the door.");
  await reads(page, "#updates", "2 updates");
  const track = page.getByRole("link", { name: "Follow it at DHL" });
  const address = "https://www.dhl.com/en/express/tracking.html?AWB=77+12%2F3";
  assert.equal(await track.getAttribute("href"), address);
  assert.equal(await page.locator(".latest:visible").count(), 1);
  assert.ok(await page.title().then((title) => title.startsWith("Shipped: ")));
  assert.ok(await page.evaluate(() => globalThis.isSamePage), "the page was not loaded again");
});

story("a customer is never sent what is staff's", async (shop) => {
  const record = () => {
    globalThis.wire = "";
    const ask = globalThis.fetch;
    globalThis.fetch = async (...request) => {
      const response = await ask(...request);
      if (!response.body) return response;
      const [ours, theirs] = response.body.tee();
      void ours.pipeThrough(new TextDecoderStream()).pipeTo(
        new WritableStream({ write: (text) => void (globalThis.wire += text) }),
      ).catch(() => {});
      return new Response(theirs, response);
    };
  };
  const page = await following(shop, "anna", ORDERS.PROCESSING, { before: record });
  const desk = await working(shop, "sam", ORDERS.PROCESSING);
  await reads(desk, "#timeline", "Staff only");
  const remark = async (text, isPublic) => {
    await desk.getByLabel("What is to be known").fill(text);
    await desk.getByLabel("The customer may read it").setChecked(isPublic);
    await desk.getByRole("button", { name: "Add note" }).click();
    await reads(desk, "#timeline", text);
  };
  await remark("She called twice.", false);
  await remark("It is nearly dry.", true);
  await reads(page, "#timeline", "It is nearly dry.");
  const wire = await page.evaluate(() => globalThis.wire);
  const all = wire + (await page.content());
  assert.ok(wire.includes("It is nearly dry."), "what is hers is on the wire");
  const words = ["She called twice", "shelf 4", "Sam Lindqvist", "Rita", "customerId", "assignee"];
  for (const staffs of words) {
    assert.ok(!all.includes(staffs), `${staffs} is staff's`);
  }
});

story("the page after the checkout is there before its order", async (shop) => {
  const page = await shop.visit("anna");
  const list = await page.context().newPage();
  await list.goto(`${shop.at}/orders`);
  await page.getByRole("button", { name: "Order Beeswax candle" }).click();
  await reads(page, "#title", "Order 1049");
  const told = reads(page, ".toast", "Thank you!");
  await reads(page, "#connection", "Live");
  await reads(page, "#status", "Almost there");
  await reads(page, "#items", "Beeswax candle");
  await reads(page, "#status", "Pending");
  await told;
  // Her other tab knows, too.
  await reads(list, "#orders li:first-child", "Order 1049");
  await reads(list, "#orders li:first-child", "Beeswax candle");
});

story("an order that is off the way looks it", async (shop) => {
  for (const [status, role, came] of [["CANCELLED", "danger", 1], ["REFUNDED", "warning", 2]]) {
    const page = await ended(shop, status);
    assert.equal(await page.locator("#stand").getAttribute("data-color"), role);
    assert.equal(await page.locator("#tracker [data-state=done]").count(), came);
    assert.equal(await page.locator("#tracker [data-state=missed]").count(), 4 - came);
    assert.equal(await page.locator("[aria-current=step]").count(), 0);
    assert.equal(await page.locator("#parcel").isVisible(), false);
  }
});

/** The watch of a final order is over when it has been told. */
async function ended(shop, status) {
  const page = await shop.visit("anna");
  await page.goto(`${shop.at}/orders/${ORDERS[status]}`);
  await reads(page, "#connection", "Complete");
  return page;
}

story("the badge says whether it is live, polling or offline", async (shop) => {
  const page = await following(shop, "anna", ORDERS.PENDING);
  await page.context().setOffline(true);
  await reads(page, "#connection", "Offline");
  await page.context().setOffline(false);
  await reads(page, "#connection", "Live");
  // Somebody in between lets no stream through.
  await page.route("**/events*", (route) => {
    const isStream = route.request().headers().accept === "text/event-stream";
    return isStream ? route.abort() : route.continue();
  });
  await page.reload();
  await reads(page, "#connection", "Polling");
  const desk = await working(shop, "sam", ORDERS.PENDING);
  await desk.getByRole("button", { name: "Start processing" }).click();
  await reads(page, "#status", "Processing");
  await reads(page, "#connection", "Polling");
});

story("somebody else's order is not there", async (shop) => {
  const page = await shop.visit("anna");
  await page.goto(`${shop.at}/orders/1047`);
  await reads(page, "#notice", "There is no such order in your account.");
  await reads(page, "#status", "Nothing found");
  assert.equal(await page.locator("#bought").isVisible(), false);
});

story("who signs out sees nothing more, in no tab", async (shop) => {
  const page = await following(shop, "anna", ORDERS.PENDING);
  const other = await page.context().newPage();
  await other.goto(`${shop.at}/orders/${ORDERS.SHIPPED}`);
  await reads(other, "#connection", "Live");
  await other.getByRole("button", { name: "Sign out" }).click();
  await reads(other, "h1", "Who are you today?");
  await reads(page, "#notice", "You are not signed in any more.");
});
