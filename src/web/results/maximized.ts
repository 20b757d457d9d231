import { storage } from '../storage.ts';
import { Store } from '../store.ts';

const storageKey = 'result-maximized';

/** Whether the result has the room of the editors, too. It is kept for the next visit. */
class Maximized extends Store<boolean> {
  constructor() {
    super(storage.getItem(storageKey) === 'true');
  }

  override set(isOn: boolean): void {
    if (isOn === this.value) return;
    try {
      storage.setItem(storageKey, String(isOn));
    } catch {
      // The storage is full or not allowed: the choice is kept until the page is left.
    }
    super.set(isOn);
  }
}

export const maximized = new Maximized();
