import DataLoader from 'dataloader';
import { textKey } from '../../domain/ids.ts';
import type { Answer } from '../answer.ts';
import type { Page } from '../page.ts';
import type { FindRow, JoiningReader, LookUp } from './connect.ts';
import { keyText, type ParentKey } from './list-query.ts';

/**
 * Maximum keys per statement. It keeps a statement below the 32,767 parameters that Redshift accepts: up to 7 per group
 * key (17,500), up to 99 padding keys for each of the 16 combinations of nulls (7,920), and a filter's six lists
 * (7,000: event ids count twice). More parents need a second statement.
 */
export const maxKeys = 2_500;

export const emptyPage: Page<never> = { rows: [], hasNextPage: false };

/** The ids of parents whose key is one id. */
export const idsOf = (parents: readonly ParentKey[]): string[] => parents.map(([id]) => String(id));

/**
 * Waits until all promises that can go on have done so: parents that are resolved in parallel share a statement, and it is sent in
 * the same turn of the event loop.
 */
export const batchScheduleFn = (dispatch: () => void): void =>
  void Promise.resolve().then(() => process.nextTick(dispatch));

/**
 * Finds rows by their unique keys. A key that differs from its row's in blanks at the end finds the row if the database found it,
 * see `textKey`.
 */
const findBy =
  <Row>(keyOf: (row: Row) => string) =>
  (rows: readonly Row[]): FindRow<Row> => {
    const stored = new Map(rows.map((row) => [keyOf(row), row]));
    const compared = new Map(rows.map((row) => [textKey(keyOf(row)), row]));
    return (key) => stored.get(key) ?? compared.get(textKey(key)) ?? null;
  };

/** One row by its unique key, or null. */
export function byKey<Row, Key extends string = string>(
  fetch: (keys: readonly Key[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
) {
  const find = findBy(keyOf);
  return found<Row, Key>(async (keys) => find(await fetch(keys)));
}

/** The same, in statements that concurrent requests share. */
export const byJointKey = <Row>(reader: JoiningReader, lookUp: LookUp<Row>) =>
  found<Row, string>((keys) => reader.lookUp(lookUp, keys));

/** A look-up for `byJointKey`: a constant, see `LookUp`. */
export const jointLookUp = <Row>(fetch: LookUp<Row>['fetch'], keyOf: (row: Row) => string): LookUp<Row> => ({
  fetch,
  find: findBy(keyOf),
});

function found<Row, Key extends string>(lookUp: (keys: readonly Key[]) => Promise<FindRow<Row>>) {
  // Most requests use few of the loaders, so each is made at its first use.
  let loader: DataLoader<Key, Row | null> | undefined;
  const load = async (keys: readonly Key[]): Promise<(Row | null)[]> => {
    const find = await lookUp(keys);
    return keys.map(find);
  };
  return {
    load: (key: Key): Promise<Row | null> => {
      loader ??= new DataLoader<Key, Row | null>(load, { maxBatchSize: maxKeys, batchScheduleFn });
      return loader.load(key);
    },
  };
}

/** A value per parent. Parents with equal arguments share one statement. */
export function perParent<Arguments, Value>(
  fetch: (args: Arguments, keys: readonly ParentKey[]) => Promise<ReadonlyMap<string, Value>>,
  absent: (key: ParentKey) => Value,
) {
  const loaders = new Map<string, DataLoader<ParentKey, Value, string>>();
  return (args: Arguments, key: ParentKey): Promise<Value> => {
    const name = JSON.stringify(args);
    let loader = loaders.get(name);
    if (!loader) {
      loader = new DataLoader<ParentKey, Value, string>(
        async (keys) => {
          const values = await fetch(args, keys);
          return keys.map((each) => values.get(keyText(each)) ?? absent(each));
        },
        { maxBatchSize: maxKeys, batchScheduleFn, cacheKeyFn: keyText },
      );
      loaders.set(name, loader);
    }
    return loader.load(key);
  };
}

/** A look-up that is done once for each key: many conversions have the same. */
export function remembered<Key, Value>(load: (key: Key) => Answer<Value>): (key: Key) => Answer<Value> {
  const known = new Map<Key, Answer<Value>>();
  return (key) => {
    // An answer may be null.
    if (!known.has(key)) known.set(key, load(key));
    return known.get(key) as Answer<Value>;
  };
}
