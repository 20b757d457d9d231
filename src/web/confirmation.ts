import { Store } from './store.ts';

/** A question to the user before a mutation is sent. */
export class Confirmation {
  #answered = Promise.withResolvers<boolean>();

  /** Names of the mutations that wait for the answer; null: there is no question. */
  readonly mutations = new Store<readonly string[] | null>(null);

  /**
   * @param signal closes the question, which is then answered with no.
   * @returns whether the user agrees. A question that is still open is answered with no.
   */
  ask(mutations: readonly string[], signal: AbortSignal): Promise<boolean> {
    this.#answered.resolve(false);
    const answered = Promise.withResolvers<boolean>();
    this.#answered = answered;
    this.mutations.set(mutations);
    signal.addEventListener('abort', () => this.#answered === answered && this.answer(false));
    return answered.promise;
  }

  answer(agrees: boolean): void {
    this.mutations.set(null);
    this.#answered.resolve(agrees);
  }
}
