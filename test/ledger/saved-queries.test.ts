import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import {
  type SavedQueryInput,
  type SavedQueryOutcome,
  type SavedQueryRecord,
  type SavedText,
  savedQueriesLock,
  savedTexts,
} from '../../src/db/ledger/queries/saved-queries.ts';
import type { SavedQueryStore } from '../../src/db/ledger/saved-query-store.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { type LedgerServer, ledgerServers, openTestLedger, query } from '../support/ledgers.ts';

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const limits = { perOwner: 3, inAll: 5 };
const viewer = (name: string) => ({ name, mayChangeAll: false });
const operator = { name: 'op', mayChangeAll: true };
const inputOf = (name: string, more: Partial<SavedQueryInput> = {}): SavedQueryInput => ({
  ...{ id: null, name, document: '{ __typename }', variables: null, replace: false },
  ...more,
});
const saved = (outcome: SavedQueryOutcome): SavedQueryRecord => {
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  return outcome.query;
};

async function all(
  store: SavedQueryStore,
  first = 2,
  texts: readonly SavedText[] = savedTexts,
): Promise<SavedQueryRecord[]> {
  const queries: SavedQueryRecord[] = [];
  for (;;) {
    const last = queries.at(-1);
    const page = await store.page({ first, after: last ? [last.name] : null }, texts);
    queries.push(...page.rows);
    if (!page.hasNextPage) return queries;
  }
}

describe.each(ledgerServers)('the saved queries in the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  let target: LedgerTarget;
  /** As two services that share a ledger. */
  let ledgers: readonly [Ledger, Ledger];
  let [one, two]: SavedQueryStore[] = [];
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    target = await server.emptyLedger();
    ledgers = [openTestLedger(target), openTestLedger(target)];
    [one, two] = ledgers.map(({ savedQueries }) => savedQueries);
  });
  afterEach(async () => {
    for (const ledger of ledgers) await ledger.close();
  });
  const stores = () => [one, two] as [SavedQueryStore, SavedQueryStore];

  test('are kept as they were saved, and replaced under the same id', async () => {
    const [store, other] = stores();
    const variables = '{"id": 9007199254740993, "text": "a\\u0000b"}';
    const first = saved(await store.save(inputOf('Clicks, ü 🎲', { variables }), viewer('ana'), limits));
    expect(first).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'Clicks, ü 🎲', owner: 'ana' },
      ...{ document: '{ __typename }', variables, savedAt: instant, updatedAt: first.savedAt },
    });
    expect(await other.byId(first.id)).toEqual(first);
    const byName = saved(
      await other.save(inputOf(first.name, { document: '{ a }', replace: true }), viewer('ana'), limits),
    );
    expect(byName).toEqual({ ...first, document: '{ a }', variables: null, updatedAt: instant });
    expect(byName.updatedAt > first.updatedAt).toBe(true);
    const renamed = saved(await store.save(inputOf('b', { id: first.id }), viewer('ana'), limits));
    expect(renamed).toMatchObject({ id: first.id, name: 'b', owner: 'ana', savedAt: first.savedAt });
    expect([await all(store), await store.count()]).toEqual([[renamed], 1]);
  });

  test('are listed with the texts that are asked for, and no others', async () => {
    const [store] = stores();
    const { document, variables, ...short } = saved(
      await store.save(inputOf('a', { variables: '{}' }), viewer('ana'), limits),
    );
    expect(await all(store, 1, [])).toStrictEqual([short]);
    expect(await all(store, 1, ['variables'])).toStrictEqual([{ ...short, variables }]);
    expect(await all(store, 1, ['document'])).toStrictEqual([{ ...short, document }]);
  });

  test('are changed by their owner and by operators only', async () => {
    const [store, other] = stores();
    const own = saved(await store.save(inputOf('a'), viewer('ana'), limits));
    const taken = { kind: 'nameTaken', query: own };
    expect(await other.save(inputOf('a'), viewer('ben'), limits)).toEqual(taken);
    expect(await other.save(inputOf('a', { replace: true }), viewer('ben'), limits)).toEqual(taken);
    // An operator must name what it replaces.
    expect(await other.save(inputOf('a', { replace: true }), operator, limits)).toEqual(taken);
    // So must its owner, unless that is what the owner wants.
    expect(await store.save(inputOf('a'), viewer('ana'), limits)).toEqual(taken);
    expect(await all(store)).toEqual([own]);
    expect(await other.save(inputOf('a', { id: own.id }), viewer('ben'), limits)).toEqual({
      kind: 'notOwned',
      query: own,
    });
    expect(await other.delete(own.id, viewer('ben'))).toEqual({ kind: 'notOwned', query: own });
    const second = saved(await other.save(inputOf('b'), viewer('ben'), limits));
    expect(await other.save(inputOf('a', { id: second.id }), viewer('ben'), limits)).toEqual(taken);
    expect(await other.save(inputOf('c', { id: 'none' }), operator, limits)).toEqual({ kind: 'notFound' });
    const replaced = saved(await other.save(inputOf('c', { id: own.id }), operator, limits));
    expect(replaced).toMatchObject({ id: own.id, name: 'c', owner: 'ana' });
    expect(await store.delete(own.id, operator)).toEqual({ kind: 'done', query: replaced });
    expect(await store.delete(own.id, viewer('ana'))).toEqual({ kind: 'notFound' });
    expect(await all(store)).toEqual([second]);
  });

  test('of two callers who save the same name at once, one gets it, and the other an error', async () => {
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.all(
        stores().map((store, at) => store.save(inputOf(`${round % 2}`), viewer(`caller ${at}`), limits)),
      );
      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'nameTaken']);
      const [query] = outcomes.flatMap((outcome) => ('query' in outcome ? [outcome.query] : []));
      expect(await all(stores()[0])).toEqual([query]);
      await stores()[1].delete(query?.id ?? '', operator);
    }
  });

  test('one caller who saves the same name twice at once has one', async () => {
    const input = inputOf('a', { replace: true });
    const outcomes = await Promise.all(stores().map((store) => store.save(input, viewer('ana'), limits)));
    expect(new Set(outcomes.map((outcome) => saved(outcome).id)).size).toBe(1);
    expect(await stores()[0].count()).toBe(1);
  });

  test('have limits, of each owner and of all, which saves at the same time do not exceed', async () => {
    const at = (owner: string) =>
      Promise.all(
        Array.from({ length: 8 }, (_, number) =>
          stores()[number % 2 === 0 ? 0 : 1].save(inputOf(`${owner} ${number}`), viewer(owner), limits),
        ),
      );
    const count = (outcomes: readonly SavedQueryOutcome[]) => {
      const kinds = Map.groupBy(outcomes, (outcome) => (outcome.kind === 'limit' ? outcome.of : outcome.kind));
      return Object.fromEntries([...kinds].map(([kind, same]) => [kind, same.length]));
    };
    expect(count(await at('ana'))).toEqual({ done: 3, perOwner: 5 });
    expect(count(await at('ben'))).toEqual({ done: 2, inAll: 6 });
    const [kept] = await all(stores()[0]);
    const again = await stores()[1].save(
      inputOf(kept?.name ?? '', { document: '{ b }', replace: true }),
      viewer('ana'),
      limits,
    );
    expect(saved(again)).toMatchObject({ id: kept?.id, document: '{ b }' });
    await stores()[0].delete(kept?.id ?? '', viewer('ana'));
    expect(saved(await stores()[0].save(inputOf('x'), viewer('ben'), limits)).owner).toBe('ben');
  });

  test('are what a table in memory would have, after any changes', async () => {
    const names = ['a', 'B', 'Z', 'ä', 'é', '😀', '\uff21'];
    const action = fc.record({
      store: fc.constantFrom(0, 1),
      owner: fc.constantFrom('ana', 'ben', 'op'),
      name: fc.constantFrom(...names),
      /** Of the queries that there are; null: none is named. */
      pick: fc.option(fc.nat({ max: 5 })),
      deletes: fc.boolean(),
      replaces: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
        await query(target, 'truncate ledger.saved_queries');
        const model = new Map<string, { id: string; owner: string }>();
        const nameOf = (id: string) => [...model].find(([, each]) => each.id === id)?.[0];
        for (const { store: at, owner, name, pick, deletes, replaces } of actions) {
          const store = stores()[at as 0 | 1];
          const writer = { name: owner, mayChangeAll: owner === 'op' };
          const ids = [...model.values()].map(({ id }) => id);
          const id = pick === null ? null : (ids[pick] ?? 'none');
          const old = id === null ? undefined : nameOf(id);
          const mayChange = old !== undefined && (writer.mayChangeAll || model.get(old)?.owner === owner);
          if (deletes) {
            const { kind } = await store.delete(id ?? 'none', writer);
            expect(kind).toBe(old === undefined ? 'notFound' : mayChange ? 'done' : 'notOwned');
            if (kind === 'done' && old !== undefined) model.delete(old);
            continue;
          }
          const outcome = await store.save(inputOf(name, { id, replace: replaces }), writer, limits);
          const there = model.get(name);
          const own = [...model.values()].filter((each) => each.owner === owner).length;
          const expected = () => {
            if (id !== null) {
              if (old === undefined) return 'notFound';
              if (!mayChange) return 'notOwned';
              return there && there.id !== id ? 'nameTaken' : 'done';
            }
            if (there) return replaces && there.owner === owner ? 'done' : 'nameTaken';
            return own >= limits.perOwner || model.size >= limits.inAll ? 'limit' : 'done';
          };
          expect(outcome.kind).toBe(expected());
          if (outcome.kind !== 'done') continue;
          if (old !== undefined) model.delete(old);
          model.set(name, { id: outcome.query.id, owner: outcome.query.owner });
        }
        const kept = await all(stores()[0]);
        // UTF-8 sorts by code points.
        const inOrder = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(kept.map(({ id, name, owner }) => ({ id, name, owner }))).toEqual(
          inOrder.map(([name, each]) => ({ name, ...each })),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('have names that are unique in the database too', async () => {
    await stores()[0].save(inputOf('a'), viewer('ana'), limits);
    const twice = `insert into ledger.saved_queries (id, name, owner, document) values ('x', 'a', 'ben', '{ a }')`;
    await expect(query(target, twice)).rejects.toThrow('saved_queries_one_per_name');
  });

  test('are left alone by the deletion of old rows of pushes', async () => {
    const [store] = stores();
    await store.save(inputOf('a'), viewer('ana'), limits);
    while (await ledgers[0].prune(0));
    expect(await store.count()).toBe(1);
  });
});

describe('of a ledger on a server that is slow, or whose connections break', () => {
  const [, [, start]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
  let server: LedgerServer;
  let target: LedgerTarget;
  beforeAll(async () => {
    server = await start();
    target = await server.emptyLedger();
  });
  afterAll(() => server.stop());

  test('a change waits for others for a limited time, then it can be repeated', async () => {
    const faults: string[] = [];
    const ledger = openTestLedger(target, {
      savedQueryWaitMilliseconds: 300,
      onFault: (operation, { kind }) => faults.push(`${operation} ${kind}`),
    });
    try {
      await withClient({ ...target, ...target.login }, async (other) => {
        await other.query(`begin; select pg_advisory_xact_lock(${savedQueriesLock})`);
        const changes = [
          ledger.savedQueries.save(inputOf('slow'), viewer('ana'), limits),
          ledger.savedQueries.delete('none', viewer('ana')),
        ];
        await Promise.all(changes.map((change) => expect(change).rejects.toBeInstanceOf(LedgerUnavailable)));
        expect(await ledger.savedQueries.count()).toBe(0);
        await other.query('commit');
      });
      expect(faults.toSorted()).toEqual(['savedQueries.delete timeout', 'savedQueries.save timeout']);
      const query = saved(await ledger.savedQueries.save(inputOf('slow'), viewer('ana'), limits));
      expect((await ledger.savedQueries.delete(query.id, viewer('ana'))).kind).toBe('done');
    } finally {
      await ledger.close();
    }
  });

  test('a change that was committed before its connection broke is reported as done', async () => {
    let onCommit = () => {};
    const proxy = await startProxy(target.port, (bytes) => {
      if (bytes.includes('commit')) onCommit();
    });
    const ledger = openTestLedger({ ...target, port: proxy.port });
    const store = ledger.savedQueries;
    /** Breaks the connection of the next transaction as soon as the server has committed it. */
    const breakAfterCommit = () => {
      const broken = Promise.withResolvers<void>();
      onCommit = () => {
        onCommit = () => {};
        proxy.setFault({ kind: 'no answers' });
        // A session that waits for this lock has it when the transaction that breaks is over.
        const over = query(target, `select pg_advisory_lock_shared(${savedQueriesLock})`);
        broken.resolve(over.then(() => proxy.setFault(null)));
      };
      return broken.promise;
    };
    try {
      // Opens the ledger.
      await store.count();
      let broken = breakAfterCommit();
      const first = saved(await store.save(inputOf('a'), viewer('ana'), limits));
      await broken;
      expect(await all(store)).toEqual([first]);
      broken = breakAfterCommit();
      expect(await store.delete(first.id, viewer('ana'))).toEqual({ kind: 'done', query: first });
      await broken;
      expect(await all(store)).toEqual([]);
      expect(await store.delete(first.id, viewer('ana'))).toEqual({ kind: 'notFound' });
    } finally {
      await ledger.close();
      await proxy.cut();
    }
  });
});
