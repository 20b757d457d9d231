import { storage } from '../storage.ts';

const storageKey = 'result-maximized';

/** Whether the result has the room of the editors, too. It is kept for the next visit. */
class Maximized {
  #isOn = storage.getItem(storageKey) === 'true';
  readonly #listeners = new Set<() => void>();

  get value(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    try {
      storage.setItem(storageKey, String(isOn));
    } catch {
      // The storage is full or not allowed: the choice is kept until the page is left.
    }
    for (const listener of this.#listeners) listener();
  }

  /** For React: called when it changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const maximized = new Maximized();
