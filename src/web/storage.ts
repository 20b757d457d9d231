import type { Storage } from '@graphiql/toolkit';

const PREFIX = 'attribution-api:';

/** GraphiQL's keys of the history and its favorites. */
const isHistory = /:(queries|favorites)$/;

/** GraphiQL keeps the headers of each operation in its history, with the keys that a user typed into the headers editor. */
const withoutHeaders = (history: string): string =>
  JSON.stringify(JSON.parse(history), (name, value) => (name === 'headers' ? undefined : value));

/**
 * Shares of the window, until the user drags GraphiQL's handles: the panel and the editors leave the result more room than
 * GraphiQL's own shares, as tables, charts and timelines are wide. Each is the width of the left part by that of the right part.
 */
const shares: ReadonlyMap<string, string> = new Map([
  ['graphiql:docExplorerFlex', '0.25'],
  ['graphiql:editorFlex', '0.75'],
]);

/**
 * Prefixes GraphiQL's keys. Otherwise all GraphiQL pages of an origin share them, and localhost:4000 is a common origin:
 * visitors would see the tabs of another project instead of the examples.
 */
export const storage: Storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key) ?? shares.get(key) ?? null,
  setItem: (key, value) => localStorage.setItem(PREFIX + key, isHistory.test(key) ? withoutHeaders(value) : value),
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
  clear: () => {
    for (const key of ownKeys()) localStorage.removeItem(key);
  },
  get length() {
    return ownKeys().length;
  },
};

function ownKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

/** Whether this browser has no tabs of the page yet. */
export const isFirstVisit = (): boolean => storage.getItem('graphiql:tabState') === null;
