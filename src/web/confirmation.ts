/** A question to the user before a mutation is sent. */
export class Confirmation {
  #mutations: readonly string[] | null = null;
  #answered = Promise.withResolvers<boolean>();
  readonly #listeners = new Set<() => void>();

  /** Names of the mutations that wait for the answer; null: there is no question. */
  get mutations(): readonly string[] | null {
    return this.#mutations;
  }

  /**
   * @param signal closes the question, which is then answered with no.
   * @returns whether the user agrees. A question that is still open is answered with no.
   */
  ask(mutations: readonly string[], signal: AbortSignal): Promise<boolean> {
    this.#answered.resolve(false);
    const answered = Promise.withResolvers<boolean>();
    this.#answered = answered;
    this.#show(mutations);
    signal.addEventListener('abort', () => this.#answered === answered && this.answer(false));
    return answered.promise;
  }

  answer(agrees: boolean): void {
    this.#show(null);
    this.#answered.resolve(agrees);
  }

  /** For React: called when the question changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #show(mutations: readonly string[] | null): void {
    this.#mutations = mutations;
    for (const listener of this.#listeners) listener();
  }
}
