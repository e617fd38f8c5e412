/** Pictures of the board. */

import { AFTERNOON, takePictures } from "../../tests/browser/pictures.js";
import {
  OPS_BOARD,
  ORDERS,
  holdBack,
  open,
  reads,
  send,
  ticket,
  working,
} from "./browser/support.js";

const desktop = { width: 1440, height: 900 };

await takePictures(OPS_BOARD, { forTheReadme, everything, desktop });

async function forTheReadme(shop, picture) {
  const viewport = { width: 1440, height: 1140 };
  const options = { viewport, reducedMotion: "reduce", timezoneId: AFTERNOON };
  const flora = await working(shop, "flora", ORDERS.PROCESSING, options);
  const milo = await working(shop, "milo", ORDERS.PROCESSING);
  await working(shop, "ines", "2039");
  await milo.getByLabel("What is to be known").fill("Using white peonies, they have no scent.");
  await milo.getByRole("button", { name: "Add note" }).click();
  await reads(flora, "#timeline", "white peonies");
  await flora.locator(".toast").first().getByRole("button").click();
  await send(shop, "msg_1", "2042");
  await reads(flora, "[data-status=PENDING]", "Nina Park");
  await reads(flora, "#looking", "Milo Sato is looking, too");
  await reads(flora, "[data-order='2039'] .eyes", "Ines Duarte");
  await picture(flora, "board");
}

async function everything(shop, picture, name, options) {
  const guest = await shop.look(options);
  await guest.goto(`${shop.at}/sign-in`);
  await picture(guest, `${name}-board-sign-in`, true);
  const flora = await working(shop, "flora", undefined, options);
  const milo = await working(shop, "milo", ORDERS.PROCESSING, options);
  await reads(flora, ".eyes", "Milo Sato");
  await picture(flora, `${name}-board`, true);
  await open(flora, ORDERS.PROCESSING);
  await reads(flora, "#looking", "Milo Sato is looking, too");
  await picture(flora, `${name}-board-open`, true);
  const letGo = await holdBack(flora, "**/status");
  await flora.locator("#moves").getByRole("button", { name: "Mark as shipped" }).click();
  await milo.locator("#moves").getByRole("button", { name: "Cancel order" }).click();
  await milo.getByRole("dialog").getByRole("button", { name: "Cancel order" }).click();
  await ticket(milo, ORDERS.PROCESSING, "CANCELLED").waitFor({ state: "attached" });
  letGo();
  await reads(flora, "#conflict-title", "Milo Sato moved order");
  await picture(flora, `${name}-board-conflict`);
}
