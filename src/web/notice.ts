/** What the page tells the user above the editors. */
export interface Notice {
  readonly text: string;
  readonly isError: boolean;
}

/** The notice that is shown; a new one replaces it. */
class CurrentNotice {
  #notice: Notice | null = null;
  readonly #listeners = new Set<() => void>();

  get value(): Notice | null {
    return this.#notice;
  }

  show(text: string, isError = false): void {
    this.#set({ text, isError });
  }

  dismiss(): void {
    this.#set(null);
  }

  /** For React: called when the notice changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(notice: Notice | null): void {
    this.#notice = notice;
    for (const listener of this.#listeners) listener();
  }
}

export const currentNotice = new CurrentNotice();
