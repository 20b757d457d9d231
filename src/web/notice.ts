import { Store } from './store.ts';

/** What the page tells the user above the editors. */
export interface Notice {
  readonly text: string;
  readonly isError: boolean;
}

/** The notice that is shown; a new one replaces it. */
class CurrentNotice extends Store<Notice | null> {
  show(text: string, isError = false): void {
    this.set({ text, isError });
  }

  dismiss(): void {
    this.set(null);
  }
}

export const currentNotice = new CurrentNotice(null);
