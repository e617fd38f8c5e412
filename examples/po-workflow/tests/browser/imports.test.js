/** What whoever looks at the page sees while the imports go on. */

import assert from "node:assert/strict";

import { findings, isOver, reads, stage, stories, watching } from "./support.js";

const story = stories(300);

story("bars move while they are looked at, and never back", async (shop) => {
  const page = await watching(shop);
  const seen = await page.evaluate(
    (label) =>
      new Promise((resolve) => {
        const values = [];
        const look = () => {
          const value = document.querySelector(`progress[aria-label="${label}"]`)?.value;
          if (value !== undefined && value !== values.at(-1)) values.push(value);
          if (value === 100) resolve(values);
          else requestAnimationFrame(look);
        };
        look();
      }),
    "AI parsing of PO-4714",
  );
  assert.ok(seen.length > 4, `${seen}`);
  assert.deepEqual(seen, seen.toSorted((one, other) => one - other));
  await reads(page, ".import", "18 line items, 94 % sure");
});

story("what fails says why, is told, and is tried again", async (shop) => {
  const page = await watching(shop);
  const sync = stage(page, "PO-4713", "shop-sync");
  await sync.and(page.locator("[data-state=failed]")).waitFor();
  await sync.filter({ hasText: "the shop did not answer within 5 s" }).waitFor();
  assert.equal(await sync.getByRole("progressbar").evaluate(({ value }) => value), 50);
  await reads(page, ".toast", "PO-4713: shop-sync failed");
  await sync.filter({ hasText: "order S-4713 in the shop" }).waitFor();
  await isOver(page);
});

for (const colorScheme of ["light", "dark"]) {
  story(`axe finds nothing, ${colorScheme}`, async (shop) => {
    const page = await watching(shop, { colorScheme, reducedMotion: "reduce" });
    await stage(page, "PO-4713", "shop-sync").and(page.locator("[data-state=failed]")).waitFor();
    await reads(page, ".toast", "failed");
    assert.deepEqual(await findings(page), [], "while one has failed");
    await isOver(page);
    assert.deepEqual(await findings(page), [], "when all is over");
  });
}
