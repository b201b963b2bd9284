/** Takes calls one after another, whatever becomes of those before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** `explain` gives what is thrown in place of an error. */
  take<T>(work: () => Promise<T>, explain: (error: unknown) => unknown): Promise<T> {
    const result = this.#last.then(work).catch(async (error: unknown) => {
      throw await explain(error);
    });
    // Whoever made the call is told; the next one only waits for it.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
