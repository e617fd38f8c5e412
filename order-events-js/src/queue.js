/**
 * What waits for somebody who iterates, bounded: who lags too far behind is given the present
 * instead of the past.
 *
 * @template T
 */
export class Queue {
  #most;
  #limit;
  #present;
  /** @type {T[]} */
  #waiting = [];
  #isOver = false;
  /** @type {(() => void) | undefined} */
  #wake;

  /** @param {{ most: number, present: () => T[] }} options */
  constructor({ most, present }) {
    this.#most = this.#limit = most;
    this.#present = present;
  }

  /** @param {T} item */
  push(item) {
    this.#waiting.push(item);
    if (this.#waiting.length > this.#limit) {
      this.#waiting = this.#present();
      // Of however many orders the present is made.
      this.#limit = this.#waiting.length + this.#most;
    }
    this.#wake?.();
  }

  end() {
    this.#isOver = true;
    this.#wake?.();
  }

  /** @returns {AsyncGenerator<T, void, void>} */
  async *items() {
    for (;;) {
      const item = this.#waiting.shift();
      if (item !== undefined) {
        yield item;
      } else if (this.#isOver) {
        return;
      } else {
        await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
      }
    }
  }
}
