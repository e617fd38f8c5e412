/**
 * What waits for somebody who iterates, bounded: who lags too far behind is given the present
 * instead of the past.
 *
 * @template T
 */
export class Queue {
  #most;
  #present;
  /** @type {T[]} */
  #waiting = [];
  #isOver = false;
  /** @type {(() => void) | undefined} */
  #wake;

  /** @param {{ most: number, present: () => T[] }} options */
  constructor({ most, present }) {
    this.#most = most;
    this.#present = present;
  }

  /** @param {T} item */
  push(item) {
    this.#waiting.push(item);
    if (this.#waiting.length > this.#most) this.#waiting = this.#present();
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
