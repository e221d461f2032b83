/**
 * An attempt that a timer or a caller can cancel. Raced, because not every fetch obeys its signal.
 */
export function createDeadline() {
  const controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {(error: Error) => void} */
  let reject = () => {};

  return { signal: controller.signal, race, set, fail, end };

  /**
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>} Rejects with the error of the deadline when that comes first.
   */
  function race(promise) {
    return new Promise((resolve, rejectNow) => {
      reject = rejectNow;
      promise.then(resolve, rejectNow);
    });
  }

  /** @param {number} milliseconds @param {Error} error Replaces the deadline set before. */
  function set(milliseconds, error) {
    clearTimeout(timer);
    timer = setTimeout(() => fail(error), milliseconds);
  }

  /** @param {Error} error */
  function fail(error) {
    reject(error);
    end();
  }

  function end() {
    clearTimeout(timer);
    controller.abort();
  }
}
