import { Store } from './store.ts';

/** What the page tells the user above the editors. */
export interface Notice {
  readonly text: string;
  readonly isError: boolean;
  /** Whether it says that nothing was run. */
  readonly isUntilRun: boolean;
}

/** The notice that is shown; a new one replaces it. */
class CurrentNotice extends Store<Notice | null> {
  show(text: string, isError = false): void {
    this.set({ text, isError, isUntilRun: false });
  }

  showUntilRun(text: string): void {
    this.set({ text, isError: false, isUntilRun: true });
  }

  /** Called when there is an answer to an operation. */
  hasRun(): void {
    if (this.value?.isUntilRun) this.dismiss();
  }

  dismiss(): void {
    this.set(null);
  }
}

export const currentNotice = new CurrentNotice(null);
