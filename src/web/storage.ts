import type { Storage } from '@graphiql/toolkit';

const PREFIX = 'attribution-api:';

/**
 * GraphiQL's own keys are the same for every GraphiQL on an origin, and localhost:4000 is a common one: without a
 * prefix a visitor would find the tabs of another project here instead of the examples.
 */
export const storage: Storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, value) => localStorage.setItem(PREFIX + key, value),
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
