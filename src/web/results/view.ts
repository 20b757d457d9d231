import { storage } from '../storage.ts';
import { Store } from '../store.ts';

/** How a result is shown. */
export const views = ['JSON', 'Table', 'Chart', 'Timeline'] as const;
export type View = (typeof views)[number];

export const isView = (name: unknown): name is View => (views as readonly unknown[]).includes(name);

/**
 * What was chosen in the views, by the names of lists and columns. What was not chosen, or is not in an answer, is
 * left to the view: the names can come from a link, or from an answer to another operation.
 */
export interface Choices {
  readonly list?: string;
  /** Columns of a chart. */
  readonly metric?: string;
  readonly time?: string;
  /** Null: one line. */
  readonly group?: string | null;
}

export interface ViewState {
  readonly view: View;
  readonly choices: Choices;
}

/** What names of lists and columns consist of. All else is refused: a choice of a link can get into a saved query. */
const isName = (given: unknown): given is string => typeof given === 'string' && /^[\w.:› ]{1,200}$/.test(given);

/** The choices in an object that may have come from anywhere. */
export function choicesOf(given: Readonly<Record<string, unknown>>): Choices {
  const { list, metric, time, group } = given;
  return {
    ...(isName(list) && { list }),
    ...(isName(metric) && { metric }),
    ...(isName(time) && { time }),
    ...((isName(group) || group === null) && { group }),
  };
}

const storageKey = 'result-views';
const initial: ViewState = { view: 'JSON', choices: {} };

/** The view of each tab, with what was chosen in it, which is kept as long as the tab. */
class TabViews extends Store<Readonly<Record<string, ViewState>>> {
  constructor() {
    super(stored());
  }

  /** @param tab the id of a tab. */
  of(tab: string): ViewState {
    return this.value[tab] ?? initial;
  }

  /** @param tabs the ids of all open tabs; what is known of others is forgotten. */
  choose(tab: string, state: ViewState, tabs: readonly string[]): void {
    const kept = Object.entries(this.value).filter(([id]) => tabs.includes(id));
    const views = { ...Object.fromEntries(kept), [tab]: state };
    try {
      storage.setItem(storageKey, JSON.stringify(views));
    } catch {
      // The storage is full or not allowed: the choice is kept until the page is left.
    }
    this.set(views);
  }
}

function stored(): Record<string, ViewState> {
  try {
    return statesOf(JSON.parse(storage.getItem(storageKey) ?? '{}'));
  } catch {
    return {};
  }
}

/** What the page has stored, also before it stored choices: then only the name of the view. */
export function statesOf(stored: Readonly<Record<string, unknown>>): Record<string, ViewState> {
  return Object.fromEntries(
    Object.entries(stored).flatMap(([tab, state]) => {
      if (isView(state)) return [[tab, { view: state, choices: {} }]];
      if (typeof state !== 'object' || state === null || !('view' in state) || !isView(state.view)) return [];
      const choices = 'choices' in state && typeof state.choices === 'object' ? state.choices : null;
      return [[tab, { view: state.view, choices: choicesOf({ ...choices }) }]];
    }),
  );
}

export const tabViews = new TabViews();
