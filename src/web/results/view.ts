import { storage } from '../storage.ts';

/** How a result is shown. */
export const views = ['JSON', 'Table', 'Chart', 'Timeline'] as const;
export type View = (typeof views)[number];

export const isView = (name: unknown): name is View => (views as readonly unknown[]).includes(name);

/** The view that a comment of a query names: "Best seen as Chart". Undefined if there is none. */
export function viewNamedIn(query: string): View | undefined {
  const name = /^# .*\bBest seen as (\w+)/m.exec(query)?.[1];
  return isView(name) ? name : undefined;
}

const storageKey = 'result-views';

/** The view of each tab, which is kept as long as the tab. */
class TabViews {
  #views: Readonly<Record<string, View>> = stored();
  readonly #listeners = new Set<() => void>();

  /** @param tab the id of a tab. */
  of(tab: string): View {
    return this.#views[tab] ?? 'JSON';
  }

  /** @param tabs the ids of all open tabs; what is known of others is forgotten. */
  choose(tab: string, view: View, tabs: readonly string[]): void {
    const kept = Object.entries(this.#views).filter(([id]) => tabs.includes(id));
    this.#views = { ...Object.fromEntries(kept), [tab]: view };
    try {
      storage.setItem(storageKey, JSON.stringify(this.#views));
    } catch {
      // The storage is full or not allowed: the choice is kept until the page is left.
    }
    for (const listener of this.#listeners) listener();
  }

  /** For React: called when a view was chosen. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function stored(): Record<string, View> {
  try {
    return Object.fromEntries(
      Object.entries(JSON.parse(storage.getItem(storageKey) ?? '{}')).filter((entry): entry is [string, View] =>
        isView(entry[1]),
      ),
    );
  } catch {
    return {};
  }
}

export const tabViews = new TabViews();
