/** Pictures of the storefront's pages. */

import { AFTERNOON, takePictures } from "../../tests/browser/pictures.js";
import { ORDERS, STOREFRONT, following, reads, working } from "./browser/support.js";

await takePictures(STOREFRONT, { forTheReadme, everything });

async function forTheReadme(shop, picture) {
  const viewport = { width: 1120, height: 1060 };
  const options = { viewport, reducedMotion: "reduce", timezoneId: AFTERNOON };
  const page = await following(shop, "anna", ORDERS.PROCESSING, options);
  const desk = await working(shop, "sam", ORDERS.PROCESSING, options);
  await desk.getByLabel("Number").fill("1234567891");
  await desk.getByRole("button", { name: "Save" }).click();
  await reads(desk, "#outcome", "has a number");
  await desk.getByLabel("A word to the customer").fill("Handed to the driver.");
  await desk.getByRole("button", { name: "Mark as shipped" }).click();
  await reads(page, "#status", "Shipped");
  await reads(page, ".toast", "Handed to the driver.");
  await page.locator(".toast").first().getByRole("button").click();
  await picture(page, "customer");
  await reads(desk, "#latency-more", "last");
  await reads(desk, "#connections", "2");
  await picture(desk, "staff");
}

async function everything(shop, picture, name, options) {
  const guest = await shop.look(options);
  await guest.goto(`${shop.at}/sign-in`);
  await picture(guest, `${name}-sign-in`, true);
  const page = await shop.visit("anna", options);
  await reads(page, "#orders", "Order 1048");
  await reads(page, "#goods", "Beeswax candle");
  await reads(page, "#connection", "Live");
  await picture(page, `${name}-orders`, true);
  for (const [status, order] of Object.entries(ORDERS)) {
    await page.goto(`${shop.at}/orders/${order}`);
    await reads(page, "#timeline", "Latest");
    await reads(page, "#bought", "Total");
    await picture(page, `${name}-${status.toLowerCase()}`, true);
  }
  const desk = await shop.visit("sam", options);
  await reads(desk, "#orders", "Order 1048");
  await reads(desk, "#connections", /\d/);
  await picture(desk, `${name}-desk`, true);
  await desk.goto(`${shop.at}/staff#order/${ORDERS.PROCESSING}`);
  await reads(desk, "#detail-title", "Order");
  await desk.getByText("Who is watching").click();
  await desk.locator("#moves").getByRole("button", { name: "Refund" }).click();
  await picture(desk, `${name}-sure`);
  await desk.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await reads(desk, "#refusal", "needs a note");
  await picture(desk, `${name}-refused`);
  await desk.getByLabel("What is to be known").fill("Be quick, she asked twice.");
  await desk.getByRole("button", { name: "Add note" }).click();
  await reads(desk, "#timeline", "Be quick");
  await picture(desk, `${name}-working`, true);
}
