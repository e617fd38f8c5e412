/** The hook, in real React, on a real page. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { QUICK, eventually, openPage, until } from "./support.js";
import { stories } from "./story.js";

const story = stories();

const MODULES = ["react", "react-dom/client", "react-dom", "scheduler"];

/** React ships no modules that a browser loads: these are its files, each in a function. */
async function bundle() {
  const require = createRequire(import.meta.url);
  const files = await Promise.all(
    MODULES.map(async (name) => {
      const entry = await readFile(require.resolve(name), "utf8");
      const file = entry.match(/cjs\/[\w.-]+\.development\.js/)[0];
      const path = require.resolve(name).replace(/[^/]+$/, file);
      const text = await readFile(path, "utf8");
      return `${JSON.stringify(name)}: (require, module, exports, process) => {${text}}`;
    }),
  );
  return `
    const files = {${files.join(",\n")}};
    const loaded = {};
    function require(name) {
      if (!loaded[name]) {
        const module = (loaded[name] = { exports: {} });
        files[name](require, module, module.exports, { env: { NODE_ENV: "development" } });
      }
      return loaded[name].exports;
    }
    globalThis.React = require("react");
    globalThis.ReactDOM = require("react-dom/client");
    export const { useEffect, useMemo, useRef, useSyncExternalStore } = globalThis.React;`;
}

/** A page with React on it, and a component that shows what the hook says. */
async function openReact(context, shop) {
  const page = await openPage(context, shop);
  const react = await bundle();
  await page.route("**/react-itself.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: react }),
  );
  // What a bundler, or the page itself, does with the name `react`.
  await page.setContent(`<!doctype html>
    <script type="importmap">{"imports": {"react": "${shop.own}/react-itself.js"}}</script>
    <div id="root"></div>`);
  await page.evaluate(async (settings) => {
    const { useOrderStatus } = await import(`${location.origin}/js/react.js`);
    const { createElement, StrictMode } = React;
    globalThis.notifications = [];
    globalThis.renders = 0;
    function Page({ order }) {
      const view = useOrderStatus(order, {
        settings,
        onNotification: (change) => notifications.push(change),
      });
      globalThis.view = view;
      globalThis.renders += 1;
      return createElement("p", null, `${order}: ${view.status} ${view.connectionType}`);
    }
    const root = ReactDOM.createRoot(document.getElementById("root"));
    globalThis.show = (order) =>
      root.render(createElement(StrictMode, null, order && createElement(Page, { order })));
  }, QUICK);
  return page;
}

const says = (page, text) =>
  until(page, text, (text) => document.querySelector("p")?.textContent === text, text);

story("a component shows an order as it changes", async ({ shop, context }) => {
  const page = await openReact(context, shop);
  await page.evaluate(() => show("42"));
  await says(page, "42: PENDING stream");
  await shop.status("42", "PROCESSING", "being wrapped");
  await says(page, "42: PROCESSING stream");
  const view = await page.evaluate(() => ({ ...view, lastUpdate: view.lastUpdate instanceof Date }));
  assert.equal(view.version, 2);
  assert.equal(view.isConnected, true);
  assert.equal(view.lastUpdate, true);
  assert.deepEqual(view.timeline.map(({ event }) => event), ["order.created", "order.status"]);
  assert.deepEqual(await page.evaluate(() => notifications), [
    { orderId: "42", oldStatus: "PENDING", newStatus: "PROCESSING", note: "being wrapped" },
  ]);
});

story("a component watches once, whatever it renders, and leaves nothing", async ({ shop, context }) => {
  const page = await openReact(context, shop);
  await page.evaluate(() => show("42"));
  await says(page, "42: PENDING stream");
  for (let turn = 0; turn < 3; turn += 1) await page.evaluate(() => show("42"));
  await eventually("one stream", async () => (await shop.streams()).length === 1);
  await shop.create("43");
  await page.evaluate(() => show("43"));
  await says(page, "43: PENDING stream");
  await eventually("one stream", async () => (await shop.streams()).length === 1);
  assert.deepEqual(await page.evaluate(() => notifications), []);
  await page.evaluate(() => show(null));
  await eventually("no stream", async () => (await shop.streams()).length === 0);
});

story("a component says that it is polling", async ({ shop, context }) => {
  await shop.do("hold", { what: "body" });
  const page = await openReact(context, shop);
  await page.evaluate(() => show("42"));
  await says(page, "42: PENDING polling");
  assert.equal(await page.evaluate(() => view.isConnected), true);
  await shop.status("42", "PROCESSING");
  await says(page, "42: PROCESSING polling");
});

story("a component is not connected where it is not let in", async ({ shop, context }) => {
  const page = await openReact(context, shop);
  await page.evaluate(() => show("nobody's"));
  await says(page, "nobody's: undefined none");
  await until(page, "it is closed", () => view.state === "closed");
  assert.equal(await page.evaluate(() => view.isConnected), false);
});
