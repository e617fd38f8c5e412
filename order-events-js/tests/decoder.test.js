/** The decoder against the table that ours in Rust is held to, cut everywhere; and its bounds. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { DecodeError, Decoder } from "../src/decoder.js";

const table = JSON.parse(
  await readFile(new URL("../../order-events-conformance/vectors/decoder.json", import.meta.url)),
);

const utf8 = new TextEncoder();

/** What a decoder makes of pieces, one after the other. */
function read(decoder, pieces) {
  const messages = [];
  let error;
  for (const piece of pieces) {
    try {
      for (const { event, data, lastEventId: id } of decoder.decode(piece)) {
        messages.push({ event, data, id });
      }
    } catch (failed) {
      assert.ok(failed instanceof DecodeError);
      error = failed.what;
    }
  }
  const { lastEventId, retry } = decoder;
  return { messages, lastEventId, retry, error };
}

function* bytewise(stream) {
  for (let at = 0; at < stream.length; at += 1) yield stream.subarray(at, at + 1);
}

const names = new Set(table.map((entry) => entry.case));
assert.ok(names.size >= 40);

for (const name of names) {
  test(name.replaceAll("_", " "), () => {
    for (const entry of table.filter((entry) => entry.case === name)) {
      const stream =
        entry.hex === undefined ? utf8.encode(entry.stream) : Buffer.from(entry.hex, "hex");
      const { messages, lastEventId, error, limits } = entry;
      // The table counts further than a number does.
      const retry = entry.retry && Math.min(Number(entry.retry), Number.MAX_SAFE_INTEGER);
      const said = { messages, lastEventId, retry, error };
      const reads = (pieces, how) =>
        assert.deepEqual(read(new Decoder(limits), pieces), said, `${entry.stream ?? entry.hex} ${how}`);
      reads([stream], "whole");
      reads(bytewise(stream), "byte by byte");
      for (let at = 0; at <= stream.length; at += 1) {
        reads([stream.subarray(0, at), stream.subarray(at)], `cut at ${at}`);
      }
    }
  });
}

test("a decoder goes on after an id", () => {
  const decoder = new Decoder({ after: "7" });
  const { messages } = read(decoder, [utf8.encode("data: a\n\nid: 8\ndata: b\n\n")]);
  assert.deepEqual(messages.map(({ id }) => id), ["7", "8"]);
});

test("an error is final, and names the limit", () => {
  const decoder = new Decoder({ lineBytes: 4 });
  assert.throws(() => [...decoder.decode(utf8.encode("xxxxx"))], /a line .* longer than 4 bytes/);
  assert.throws(() => [...decoder.decode(utf8.encode("\n"))], DecodeError);
});

test("a line of one mebibyte is read byte by byte, and one more is not", () => {
  // Were the line looked through again with each byte, this would take minutes.
  const stream = utf8.encode(`data: ${"x".repeat(1024 * 1024 - 6)}\n\n`);
  const { messages, error } = read(new Decoder(), bytewise(stream));
  assert.equal(error, undefined);
  assert.equal(messages[0].data.length, 1024 * 1024 - 6);
  assert.equal(read(new Decoder(), [utf8.encode(":"), stream]).error, "line");
});

test("an event without end is given up", () => {
  const line = utf8.encode(`data: ${"x".repeat(60)}\n`);
  const lines = Array.from({ length: ((4 * 1024 * 1024) / line.length) * 2 }, () => line);
  assert.equal(read(new Decoder(), lines).error, "data");
});

test("a line end in a stream of only one kind is looked for once", () => {
  // Were the other kind looked for with each line, this would take minutes.
  const stream = utf8.encode("data\n".repeat(400_000));
  const { error } = read(new Decoder({ dataBytes: Infinity }), [stream]);
  assert.equal(error, undefined);
});
