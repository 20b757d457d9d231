import type { Choices, View } from './results/view.ts';
import { Store } from './store.ts';

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
export const tabRequest = new Store<TabContent | null>(null);

/** Opens a tab with an operation, or goes to the tab that has it already. Nothing is run. */
export const openTab = (content: TabContent): void => tabRequest.set(content);
