/**
 * What waits for somebody who iterates, bounded: who lags too far behind is given the present
 * instead of the past.
 *
 * @template T
 */
export declare class Queue<T> {
    #private;
    /** @param {{ most: number, present: () => T[] }} options */
    constructor({ most, present }: {
        most: number;
        present: () => T[];
    });
    /** @param {T} item */
    push(item: T): void;
    end(): void;
    /** @returns {AsyncGenerator<T, void, void>} */
    items(): AsyncGenerator<T, void, void>;
}
