import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type LookUp, openWarehouse, type Statement, type Warehouse } from '../../src/db/warehouse/connect.ts';
import { JointLookUps } from '../../src/db/warehouse/joint-look-ups.ts';
import { isStoredTextIn } from '../../src/db/warehouse/sql.ts';
import { type DatabaseStore, openPostgresStore } from '../support/warehouses.ts';

/** A statement that was sent; the test ends it. It finds its own keys. */
interface Sent {
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
  /** Number of the look-ups that had come before it was sent. */
  readonly after: number;
  end: 'found' | 'failed' | 'cancelled' | null;
  readonly finish: (end: 'found' | 'failed') => void;
}

interface Asked {
  readonly keys: readonly string[];
  readonly controller: AbortController;
  outcome: { readonly found: Sent } | { readonly error: unknown } | null;
}

/** A server that the test controls, and the requests that ask it. */
class World {
  readonly sent: Sent[] = [];
  readonly asked: Asked[] = [];
  /** Whether nothing is running or waiting, as the look-ups say. */
  isIdle = true;
  readonly lookUps = new JointLookUps<Sent>(
    { maxConnections: 4, waitMilliseconds: 1_000 },
    (keys, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Sent>();
      const statement: Sent = {
        keys,
        signal,
        after: this.asked.length,
        end: null,
        finish: (end) => {
          statement.end = end;
          if (end === 'found') resolve(statement);
          else reject(statement);
        },
      };
      this.sent.push(statement);
      signal.addEventListener('abort', () => {
        statement.end ??= 'cancelled';
        reject(signal.reason);
      });
      return promise;
    },
    () => {
      this.isIdle = true;
    },
  );

  ask(keys: readonly string[]): Asked {
    const asked: Asked = { keys, controller: new AbortController(), outcome: null };
    this.asked.push(asked);
    this.isIdle = false;
    this.lookUps.find(keys, asked.controller.signal).then(
      (found) => {
        asked.outcome = { found };
      },
      (error: unknown) => {
        asked.outcome = { error };
      },
    );
    return asked;
  }

  get running(): Sent[] {
    return this.sent.filter(({ end }) => end === null);
  }

  settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ ask: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ finish: fc.nat(), isFault: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 12 }) }) },
);

describe('statements that the test ends', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('in any order of events, each request gets its own keys, or its own error, from a statement sent after it came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        const { asked, sent } = world;
        for (const each of steps) {
          if ('ask' in each) world.ask(each.ask);
          else if ('leave' in each)
            asked[each.leave % asked.length]?.controller.abort({ of: each.leave % asked.length });
          else if ('finish' in each)
            world.running[each.finish % world.running.length]?.finish(each.isFault ? 'failed' : 'found');
          else await vi.advanceTimersByTimeAsync(each.wait);
          if (!('ask' in each)) await world.settled();
          for (const statement of world.running) expect(statement.signal.aborted).toBe(false);
          expect(world.isIdle).toBe(asked.every(({ outcome }) => outcome !== null));
        }
        while (asked.some(({ outcome }) => outcome === null)) {
          await vi.advanceTimersByTimeAsync(1);
          world.running[0]?.finish('found');
          await world.settled();
        }
        for (const [number, { keys, controller, outcome }] of asked.entries()) {
          const statement = outcome && ('found' in outcome ? outcome.found : sent.find((one) => one === outcome.error));
          if (!statement) {
            expect(outcome).toEqual({ error: { of: number } });
            expect(controller.signal.aborted).toBe(true);
            continue;
          }
          expect(statement.keys).toEqual(expect.arrayContaining([...keys]));
          expect(statement.after).toBeGreaterThan(number);
          expect(statement.end).toBe(outcome && 'found' in outcome ? 'found' : 'failed');
        }
        // No statement has keys that no request asked for before it, and all have ended.
        for (const statement of sent) {
          const before = new Set(asked.slice(0, statement.after).flatMap(({ keys }) => keys));
          expect(statement.keys.every((each) => before.has(each))).toBe(true);
          expect(statement.end).not.toBeNull();
        }
        expect(vi.getTimerCount()).toBe(0);
      }),
    );
  });

  test('an idle service sends a look-up in the same turn of the event loop', async () => {
    const { lookUps, sent } = new World();
    void lookUps.find(['a'], new AbortController().signal);
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ keys }) => keys)).toEqual([['a']]);
  });

  test('look-ups that come while two statements run share the next one', async () => {
    const world = new World();
    for (const each of ['a', 'a']) {
      world.ask([each]);
      await world.settled();
    }
    for (const each of ['b', 'c', 'b']) world.ask([each]);
    await vi.advanceTimersByTimeAsync(2);
    world.ask(['d']);
    expect(world.sent).toHaveLength(2);
    world.running[0]?.finish('found');
    await world.settled();
    expect(world.sent.map(({ keys }) => keys)).toEqual([['a'], ['a'], ['b', 'c', 'd']]);
  });

  test('a statement that hangs delays others by a few milliseconds only, more if more hang', async () => {
    const world = new World();
    const sentAt: number[] = [];
    for (const each of ['a', 'b', 'c', 'd']) {
      const before = performance.now();
      world.ask([each]);
      while (world.sent.at(-1)?.keys[0] !== each) await vi.advanceTimersByTimeAsync(1);
      sentAt.push(Math.floor(performance.now() - before));
    }
    // Timers are exact to a millisecond.
    for (const [number, milliseconds] of sentAt.entries()) {
      expect(milliseconds).toBeGreaterThanOrEqual(5 * Math.max(0, number - 1));
      expect(milliseconds).toBeLessThanOrEqual(5 * Math.max(0, number - 1) + 2);
    }
  });

  test('a statement is cancelled when its last request has left, and one that leaves earlier gets its own error', async () => {
    const world = new World();
    const [one, other] = [world.ask(['a']), world.ask(['b'])];
    await world.settled();
    one.controller.abort('one has left');
    await world.settled();
    expect(one.outcome).toEqual({ error: 'one has left' });
    expect(world.running).toHaveLength(1);
    other.controller.abort('the other has left');
    await world.settled();
    expect(world.sent.map(({ end }) => end)).toEqual(['cancelled']);
    expect(other.outcome).toEqual({ error: 'the other has left' });
  });

  test('a request that leaves before anything is sent causes no statement', async () => {
    const world = new World();
    const only = world.ask(['a']);
    only.controller.abort('left');
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sent).toEqual([]);
    expect(only.outcome).toEqual({ error: 'left' });
  });

  test('while all connections are busy, look-ups share the next statement, for a tenth of the wait for one', async () => {
    const world = new World();
    for (const each of ['a', 'b', 'c', 'd']) {
      world.ask([each]);
      await vi.advanceTimersByTimeAsync(50);
    }
    for (const each of ['e', 'f']) {
      world.ask([each]);
      await vi.advanceTimersByTimeAsync(40);
    }
    expect(world.sent).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(21);
    expect(world.sent.map(({ keys }) => keys.join())).toEqual(['a', 'b', 'c', 'd', 'e,f']);
  });

  test('a statement has a hundred keys at most', async () => {
    const world = new World();
    for (let number = 0; number < 250; number += 1) world.ask([String(number)]);
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sent.map(({ keys }) => keys.length)).toEqual([100, 100, 50]);
  });
});

describe('on PostgreSQL', () => {
  let store: DatabaseStore;
  let warehouse: Warehouse;
  const statements: Statement[] = [];
  beforeAll(async () => {
    store = await openPostgresStore();
    await store.query('create table attribution.notes (id text)');
    await store.query(`insert into attribution.notes values ('a'), ('b'), ('a ')`);
    warehouse = openWarehouse({
      target: store.target,
      maxConnections: 4,
      waitMilliseconds: 10_000,
      statementMilliseconds: 60_000,
      onStatement: (statement) => statements.push(statement),
      onConnectionLost: () => {},
    });
  });
  beforeEach(() => {
    statements.length = 0;
  });
  afterAll(async () => {
    await warehouse.close();
    await store.close();
  });

  const notes: LookUp<{ readonly id: string }> = {
    fetch: (reader, keys) =>
      reader.rows('strategies.byId', sql`select id from attribution.notes where ${isStoredTextIn('id', keys)}`),
    find: (rows) => (key) => rows.find(({ id }) => id === key) ?? null,
  };
  const ask = (keys: readonly string[], { signal } = new AbortController(), tables: string | null = null) =>
    warehouse
      .within(signal)
      .ofBuild(async () => tables)
      .lookUp(notes, keys);

  test('requests share a statement if they read the same tables, and keys that others could suffer from are not shared', async () => {
    const [one, other, blank] = await Promise.all([
      ask(['a']),
      ask(['b', 'c']),
      ask(['a ']),
      ask(['a'], undefined, '7'),
    ]);
    expect([one('a'), other('b'), other('c')]).toEqual([{ id: 'a' }, { id: 'b' }, null]);
    expect(one('a ')).toBeNull();
    expect(blank('a ')).toEqual({ id: 'a ' });
    const keys = statements.map(({ parameters }) => [...new Set(parameters)].join());
    expect(keys.toSorted()).toEqual(['a', 'a ,a', 'a,b,c']);
    statements.length = 0;
    const long = 'a'.repeat(257);
    const many = Array.from({ length: 101 }, (_, number) => `${number}`);
    await Promise.all([ask(['a']), ask(['\u{1f600}']), ask([long]), ask(many), ask(['b'])]);
    expect(statements.map(({ parameters }) => new Set(parameters).size).toSorted((one, other) => one - other)).toEqual([
      1, 1, 2, 101,
    ]);
  });

  test('the error of a statement reaches all of its requests, and the next one is sent again', async () => {
    await store.query('alter table attribution.notes rename to hidden');
    const failed = await Promise.allSettled([ask(['a']), ask(['b'])]);
    expect(failed.map((each) => each.status === 'rejected' && each.reason.extensions.code)).toEqual([
      'WAREHOUSE_UNAVAILABLE',
      'WAREHOUSE_UNAVAILABLE',
    ]);
    expect(statements).toHaveLength(1);
    await store.query('alter table attribution.hidden rename to notes');
    expect((await ask(['a']))('a')).toEqual({ id: 'a' });
  });

  test('a statement is cancelled when the last of its requests has left', async () => {
    await store.query('begin');
    await store.query('lock table attribution.notes in access exclusive mode');
    try {
      const [one, other] = [new AbortController(), new AbortController()];
      const results = [ask(['a'], one), ask(['b'], other)];
      for (const result of results) result.catch(() => {});
      const running = async () => {
        const { rows } = await store.query(
          `select count(*)::int as running from pg_stat_activity where query like '%attribution.notes where%' and wait_event_type = 'Lock'`,
        );
        return rows[0]?.running;
      };
      await vi.waitFor(async () => expect(await running()).toBe(1), { timeout: 10_000 });
      one.abort(new Error('one has left'));
      await expect(results[0]).rejects.toThrow('one has left');
      expect(await running()).toBe(1);
      other.abort(new Error('the other has left'));
      await expect(results[1]).rejects.toThrow('the other has left');
      expect(await running()).toBe(0);
      expect(statements).toHaveLength(1);
    } finally {
      await store.query('rollback');
    }
  });
});
