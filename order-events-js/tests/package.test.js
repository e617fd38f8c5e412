/** What is published: its files, its types, and the examples of its README. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const TESTS = dirname(fileURLToPath(import.meta.url));
const MODULE = dirname(TESTS);
const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** Compiles, and fails with what the compiler says. */
async function compile(...options) {
  const manifest = require.resolve("typescript/package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8"));
  const compiler = join(dirname(manifest), bin.tsc);
  await run(process.execPath, [compiler, ...options], { cwd: MODULE }).catch((error) => {
    throw new Error(error.stdout || error.message);
  });
}

/** A directory that is gone after the test; within the package, so that it finds itself. */
async function within(work) {
  const directory = await mkdtemp(join(TESTS, ".tmp-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function files(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile());
  return found.map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1));
}

test("the code is as its types say", () => compile("-p", "tests/tsconfig.json"));

test("the types are those of the code", () =>
  within(async (directory) => {
    await compile("-p", "tests/tsconfig.types.json", "--outDir", directory);
    const types = join(MODULE, "types");
    const made = await files(directory);
    assert.deepEqual((await files(types)).sort(), [...made, "events.d.ts"].sort());
    for (const file of made) {
      const [one, other] = [directory, types].map((from) => readFile(join(from, file), "utf8"));
      assert.equal(await other, await one, `types/${file} is out of date: npm run types`);
    }
  }));

/** The examples in documents, each as its kind and its text. */
async function examples(documents) {
  const texts = await Promise.all(documents.map((document) => readFile(document, "utf8")));
  return texts.flatMap((text) => [...text.matchAll(/^```(jsx?)\n(.*?)^```$/gms)]);
}

/** Compiles examples as a project of its own. */
const areRight = (examples) =>
  within(async (directory) => {
    for (const [number, [, kind, text]] of examples.entries()) {
      await writeFile(join(directory, `example-${number}.${kind}`), text);
    }
    const extended = {
      extends: "../tsconfig.json",
      // What is not ours, an element that is there, say, examples take for granted.
      compilerOptions: { strict: false, jsx: "react-jsx" },
      files: examples.map(([, kind], number) => `example-${number}.${kind}`),
    };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify(extended));
    await compile("-p", directory);
  });

test("the examples of the README are right", async () => {
  const found = await examples([join(MODULE, "README.md")]);
  assert.ok(found.length >= 4);
  await areRight(found);
});

test("the examples of the cookbook are right", async () => {
  const cookbook = join(MODULE, "../docs/cookbook");
  const pages = (await readdir(cookbook)).filter((name) => name.endsWith(".md"));
  const found = await examples(pages.map((page) => join(cookbook, page)));
  assert.ok(found.length >= 3);
  await areRight(found);
});

test("a strict project of somebody else's compiles against what is published", () =>
  within(async (directory) => {
    const options = ["--ignore-scripts", "--pack-destination", directory, "--silent"];
    const { stdout } = await run("npm", ["pack", ...options], { cwd: MODULE });
    const home = join(directory, "node_modules/order-events-js");
    await mkdir(home, { recursive: true });
    await run("tar", ["-xzf", join(directory, stdout.trim()), "-C", home, "--strip-components=1"]);
    await writeFile(join(directory, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(directory, "theirs.tsx"), THEIRS);
    for (const [module, moduleResolution] of [["node16", "node16"], ["esnext", "bundler"]]) {
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        jsx: "react-jsx",
        // What browsers of 2023 have, and our own types are looked at as well.
        target: "es2022",
        lib: ["es2022", "dom", "dom.iterable"],
        skipLibCheck: false,
        types: [],
        module,
        moduleResolution,
      };
      const config = { compilerOptions, files: ["theirs.tsx"] };
      await writeFile(join(directory, "tsconfig.json"), JSON.stringify(config));
      await compile("-p", directory);
    }
  }));

const THEIRS = `
import { STATUSES, isStatus, watch, watchOrder } from "order-events-js";
import type { Order, State, Told } from "order-events-js";
import { useOrderStatus } from "order-events-js/react";

const watched = watchOrder("42", {
  user: "anna",
  headers: async () => ({ authorization: "Bearer token" }),
  onState: (state: State) => console.log(state),
  onEvent: ({ event, data }) => console.log(event, data.orderId),
});
const order: Order | undefined = watched.order;
const status = order?.status;
console.log(isStatus(status) ? STATUSES[status].label : status, watched.reason === "schema");
const again = watch("/events", { known: { orders: order ? [order] : [], cursor: watched.cursor } });
for await (const told of again) {
  const kind: Told["type"] = told.type;
  console.log(kind, told.type === "event" && told.event === "order.status" ? told.data.status : "");
}

export function View() {
  const { status, connectionType } = useOrderStatus("42", {
    onNotification: ({ oldStatus, newStatus, note }) => console.log(oldStatus, newStatus, note),
  });
  return <p>{status} {connectionType}</p>;
}
`;

test("what is published is this and nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: MODULE,
  });
  const [{ files }] = JSON.parse(stdout);
  const names = files.map(({ path }) => path);
  const sources = (await readdir(join(MODULE, "src"))).map((name) => `src/${name}`);
  const types = names.filter((name) => name.startsWith("types/"));
  assert.ok(types.every((name) => name.endsWith(".d.ts")));
  assert.deepEqual(
    names.filter((name) => !types.includes(name)).sort(),
    ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "order-events.js", "package.json", "react.js", ...sources].sort(),
  );
});

test("each entry is there, and depends on nothing but React", async () => {
  const manifest = JSON.parse(await readFile(join(MODULE, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  for (const entry of Object.values(manifest.exports)) {
    for (const file of typeof entry === "string" ? [entry] : Object.values(entry)) {
      await readFile(join(MODULE, file));
    }
  }
  const scripts = ["order-events.js", "react.js", ...(await files(join(MODULE, "src"))).map((name) => `src/${name}`)];
  for (const script of scripts) {
    const text = await readFile(join(MODULE, script), "utf8");
    const imports = [...text.matchAll(/^(?:import|export) .*?from "([^"]+)";/gms)];
    for (const [, name] of imports) assert.match(name, script === "react.js" ? /^(\.|react$)/ : /^\./);
  }
});

test("the licences are those of the repository, and the version is its version", async () => {
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    const [ours, theirs] = [MODULE, dirname(MODULE)].map((from) => readFile(join(from, name), "utf8"));
    assert.equal(await ours, await theirs);
  }
  const workspace = await readFile(join(MODULE, "../Cargo.toml"), "utf8");
  const { version } = JSON.parse(await readFile(join(MODULE, "package.json"), "utf8"));
  assert.equal(workspace.match(/^version = "(.*)"$/m)[1], version);
});

test("the lock file names no place", async () => {
  const lock = await readFile(join(MODULE, "package-lock.json"), "utf8");
  assert.doesNotMatch(lock, /https?:|"resolved"/);
});
