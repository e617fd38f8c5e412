/** Pictures of pages, for the README; or of all of them, to look at. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openBrowser } from "../../../order-events-js/tests/browser/support.js";
import { Shop } from "./support.js";

const README = fileURLToPath(new URL("../../../docs/pictures", import.meta.url));
const DESKTOP = { width: 1120, height: 860 };
const PHONE = { width: 390, height: 844 };

/** A time zone in which it is one in the afternoon: what is told of today is not of two days. */
const HOURS = 13 - new Date().getUTCHours();
export const AFTERNOON = `Etc/GMT${HOURS > 0 ? "-" : "+"}${Math.abs(HOURS)}`;

/**
 * Takes them of a program: into the directory that the command line names, where it names one, of
 * everything, in both sizes and colour schemes.
 *
 * @param {object} of the program and its people, as for `stories`
 * @param {{
 *   forTheReadme: (shop: Shop, picture: Function) => Promise<void>,
 *   everything: (shop: Shop, picture: Function, name: string, options: object) => Promise<void>,
 *   desktop?: { width: number, height: number },
 * }} what each at the moment at which there is most to see
 */
export async function takePictures(of, { forTheReadme, everything, desktop = DESKTOP }) {
  const [directory = README] = process.argv.slice(2);
  const picture = (page, name, fullPage = false) =>
    page.screenshot({ path: join(directory, `${name}.png`), fullPage });
  await mkdir(directory, { recursive: true });
  const chromium = await openBrowser();
  const inShop = async (take) => {
    const shop = await Shop.open(chromium.browser, of);
    await take(shop).finally(() => shop.close());
  };
  try {
    if (directory === README) return await inShop((shop) => forTheReadme(shop, picture));
    for (const colorScheme of ["light", "dark"]) {
      for (const [size, viewport] of Object.entries({ desktop, phone: PHONE })) {
        const options = { colorScheme, viewport, reducedMotion: "reduce", timezoneId: AFTERNOON };
        await inShop((shop) => everything(shop, picture, `${size}-${colorScheme}`, options));
      }
    }
  } finally {
    await chromium.close();
  }
}
