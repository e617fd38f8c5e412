/**
 * An event stream as messages: the HTML standard's "Interpreting an event stream", on bytes as they
 * come. Pure: it reads nothing by itself.
 */
export type Message = {
    /**
     * the event's name; `message` where the stream gave none
     */
    event: string;
    /**
     * the data, its lines joined by LF
     */
    data: string;
    /**
     * the id that the stream had come to with this message
     */
    lastEventId: string;
};
/**
 * @typedef {object} Message
 * @property {string} event the event's name; `message` where the stream gave none
 * @property {string} data the data, its lines joined by LF
 * @property {string} lastEventId the id that the stream had come to with this message
 */
/** Why a stream cannot be read on. */
export declare class DecodeError extends Error {
    what: "data" | "line";
    limit: number;
    /** @param {"line" | "data"} what @param {number} limit */
    constructor(what: "line" | "data", limit: number);
}
export declare class Decoder {
    #private;
    /** The id to go on from, as of the last block that was finished; empty where there was none. */
    lastEventId: string;
    /** @type {number | undefined} How long the stream last said to wait before coming back. */
    retry: number | undefined;
    /**
     * @param {{ lineBytes?: number, dataBytes?: number, after?: string }} [options] limits, and the
     *   id that messages have before the stream's first
     */
    constructor({ lineBytes, dataBytes, after }?: {
        lineBytes?: number;
        dataBytes?: number;
        after?: string;
    });
    /**
     * Reads a piece of any size. Messages before a fault are given; the fault is thrown after them,
     * and again for whatever comes.
     *
     * @param {Uint8Array} bytes
     * @returns {Generator<Message, void, void>}
     */
    decode(bytes: Uint8Array): Generator<Message, void, void>;
}
