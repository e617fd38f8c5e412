/**
 * An event stream as messages: the HTML standard's "Interpreting an event stream", on bytes as they
 * come. Pure: it reads nothing by itself.
 */

/**
 * @typedef {object} Message
 * @property {string} event the event's name; `message` where the stream gave none
 * @property {string} data the data, its lines joined by LF
 * @property {string} lastEventId the id that the stream had come to with this message
 */

/** Why a stream cannot be read on. */
export class DecodeError extends Error {
  /** @param {"line" | "data"} what @param {number} limit */
  constructor(what, limit) {
    const subject = what === "line" ? "a line of the stream" : "the data of an event";
    super(`${subject} is longer than ${limit} bytes`);
    this.name = "DecodeError";
    this.what = what;
    this.limit = limit;
  }
}

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

export class Decoder {
  /** @type {{ lineBytes: number, dataBytes: number }} */
  #limits;
  /** The line whose end has not come yet. */
  #line = new Uint8Array(256);
  #lineLength = 0;
  /** The line before ended with a CR, so that an LF right here belongs to it. */
  #afterCr = false;
  /** No line has ended yet, so the first one may begin with a byte order mark. */
  #isFirst = true;
  #event = "";
  /** @type {string[]} */
  #data = [];
  #dataBytes = 0;
  #id = "";
  /** @type {DecodeError | undefined} */
  #failed;
  // The mark is taken away here, once; the platform's decoder would do so for each value.
  #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  #encoder = new TextEncoder();

  /** The id to go on from, as of the last block that was finished; empty where there was none. */
  lastEventId = "";
  /** @type {number | undefined} How long the stream last said to wait before coming back. */
  retry;

  /**
   * @param {{ lineBytes?: number, dataBytes?: number, after?: string }} [options] limits, and the
   *   id that messages have before the stream's first
   */
  constructor({ lineBytes = 1024 * 1024, dataBytes = 4 * 1024 * 1024, after = "" } = {}) {
    this.#limits = { lineBytes, dataBytes };
    this.#id = this.lastEventId = after;
  }

  /**
   * Reads a piece of any size. Messages before a fault are given; the fault is thrown after them,
   * and again for whatever comes.
   *
   * @param {Uint8Array} bytes
   * @returns {Generator<Message, void, void>}
   */
  *decode(bytes) {
    if (this.#failed) throw this.#failed;
    let from = 0;
    let lf = -2;
    let cr = -2;
    while (from < bytes.length) {
      if (this.#afterCr) {
        this.#afterCr = false;
        if (bytes[from] === LF) {
          from += 1;
          continue;
        }
      }
      // Either is looked for again only once it was passed: a stream may use one of them alone.
      if (lf !== -1 && lf < from) lf = bytes.indexOf(LF, from);
      if (cr !== -1 && cr < from) cr = bytes.indexOf(CR, from);
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
      const part = bytes.subarray(from, end === -1 ? bytes.length : end);
      if (this.#lineLength + part.length > this.#limits.lineBytes) {
        this.#fail("line", this.#limits.lineBytes);
      }
      if (end === -1) {
        this.#keep(part);
        return;
      }
      from = end + 1;
      this.#afterCr = end === cr;
      let line = part;
      if (this.#lineLength > 0) {
        this.#keep(part);
        line = this.#line.subarray(0, this.#lineLength);
        this.#lineLength = 0;
      }
      const message = this.#endLine(line);
      if (message) yield message;
    }
  }

  /** @param {Uint8Array} part */
  #keep(part) {
    const length = this.#lineLength + part.length;
    if (length > this.#line.length) {
      const larger = new Uint8Array(Math.max(length, this.#line.length * 2));
      larger.set(this.#line.subarray(0, this.#lineLength));
      this.#line = larger;
    }
    this.#line.set(part, this.#lineLength);
    this.#lineLength = length;
  }

  /** @param {Uint8Array} line @returns {Message | undefined} */
  #endLine(line) {
    if (this.#isFirst) {
      this.#isFirst = false;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3);
    }
    if (line.length === 0) return this.#dispatch();
    const colon = line.indexOf(COLON);
    if (colon === 0) return undefined;
    const name = this.#utf8.decode(colon === -1 ? line : line.subarray(0, colon));
    const from = colon === -1 ? line.length : line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    const value = this.#utf8.decode(line.subarray(from));
    if (name === "data") this.#addData(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) {
      this.retry = Math.min(Number(value), Number.MAX_SAFE_INTEGER);
    }
    return undefined;
  }

  /** @param {string} value */
  #addData(value) {
    const isAscii = !/[^\0-\x7f]/.test(value);
    this.#dataBytes += isAscii ? value.length : this.#encoder.encode(value).length;
    // The line breaks between the lines count, too.
    if (this.#dataBytes + this.#data.length > this.#limits.dataBytes) {
      this.#fail("data", this.#limits.dataBytes);
    }
    this.#data.push(value);
  }

  /** @returns {Message | undefined} */
  #dispatch() {
    this.lastEventId = this.#id;
    const [event, data] = [this.#event || "message", this.#data];
    this.#event = "";
    if (data.length === 0) return undefined;
    this.#data = [];
    this.#dataBytes = 0;
    return { event, data: data.join("\n"), lastEventId: this.lastEventId };
  }

  /** @param {"line" | "data"} what @param {number} limit @returns {never} */
  #fail(what, limit) {
    // What was gathered is of no use any more, and may be large.
    this.#line = new Uint8Array(0);
    this.#lineLength = 0;
    this.#data = [];
    this.#failed = new DecodeError(what, limit);
    throw this.#failed;
  }
}
