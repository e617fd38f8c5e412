/** Pictures of the page of imports. */

import { takePictures } from "../../tests/browser/pictures.js";
import { isOver, program, stage, watching } from "./browser/support.js";

await takePictures(program(300), { forTheReadme, everything });

/** One has failed, and others go on. */
async function failed(shop, options) {
  const page = await watching(shop, options);
  await stage(page, "PO-4713", "shop-sync").and(page.locator("[data-state=failed]")).waitFor();
  return page;
}

async function forTheReadme(shop, picture) {
  const options = { viewport: { width: 1120, height: 1010 }, reducedMotion: "reduce" };
  const page = await failed(shop, options);
  const done = page.locator(".toast", { hasText: "is done" });
  while ((await done.count()) > 0) await done.first().getByRole("button").click();
  await picture(page, "imports");
}

async function everything(shop, picture, name, options) {
  const page = await failed(shop, options);
  await picture(page, `${name}-imports-failed`, true);
  await isOver(page);
  await picture(page, `${name}-imports`, true);
}
