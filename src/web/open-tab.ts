import type { Choices, View } from './results/view.ts';

/** What a tab is opened with. */
export interface TabContent {
  readonly query: string;
  /** JSON text; empty if there are none. */
  readonly variables: string;
  /** How its result is shown; as the tab shows it already if omitted. */
  readonly view?: View;
  /** What is chosen in the view; as the tab has it already if omitted. */
  readonly choices?: Choices;
}

/** The tab to open, until `TabOpener` has opened it: the editors are loaded later than the page. */
class TabRequest {
  #content: TabContent | null = null;
  readonly #listeners = new Set<() => void>();

  get content(): TabContent | null {
    return this.#content;
  }

  set(content: TabContent | null): void {
    this.#content = content;
    for (const listener of this.#listeners) listener();
  }

  /** For React: called when the request changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const tabRequest = new TabRequest();

/** Opens a tab with an operation, or goes to the tab that has it already. Nothing is run. */
export const openTab = (content: TabContent): void => tabRequest.set(content);
