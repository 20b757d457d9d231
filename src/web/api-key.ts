import { Store } from './store.ts';

const NAME = 'attribution-api:key';

/** What the page asks for; null while it needs no key. */
export interface KeyRequest {
  /** Why the service refused the last request; null if the user wants to change the key. */
  reason: string | null;
}

/**
 * The API key that the page sends. It is kept in the session storage of the tab, which the browser deletes with the tab: not in
 * the local storage, which all tabs share and which outlives them.
 */
export class ApiKey {
  #answered = Promise.withResolvers<boolean>();

  /** The open request to the user; null: there is none. Also notifies when the key changes. */
  readonly request = new Store<KeyRequest | null>(null);

  get value(): string | null {
    return sessionStorage.getItem(NAME);
  }

  /**
   * Asks the user for a key. Requests that are refused meanwhile wait for the same answer.
   *
   * @returns false if the user gave none.
   */
  ask(reason: string | null): Promise<boolean> {
    if (!this.request.value) {
      this.#answered = Promise.withResolvers();
      this.request.set({ reason });
    }
    return this.#answered.promise;
  }

  /** The user's answer. Null: none, and the key stays as it was. An empty one removes it. */
  answer(key: string | null): void {
    if (key === '') sessionStorage.removeItem(NAME);
    else if (key !== null) sessionStorage.setItem(NAME, key);
    this.request.set(null);
    this.#answered.resolve(Boolean(key));
  }
}
