import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changesRecord,
  discardedOrigins,
  hasRecordQuery,
  keptRecordTableStatements,
  type OriginChange,
  originChangeLines,
  originChangeStatements,
  recordStatements,
  rememberedOriginsQuery,
} from '../../src/embedded/build-records.ts';
import { createPglite } from '../support/databases.ts';
import { proofs } from '../support/proofs.ts';

let database: Awaited<ReturnType<typeof createPglite>>;
beforeAll(async () => {
  database = await createPglite();
  await database.exec(
    `create schema embedded; create schema stack; create schema attribution; ${recordStatements.join('; ')}`,
  );
});
afterAll(() => database.close());

const rows = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;

/** One start: the data of an origin, in one of three states of an iteration's created_at. A copy has the loaded data. */
const start = fc.record({
  origin: fc.constantFrom('csv:/a', "csv:/b's", 'csv:/c', 'demo:1:1'),
  created: fc.constantFrom('2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000002Z', '0044-03-15T00:00:00Z BC'),
  isCopy: fc.boolean(),
  /** A crash before the commit: the start has no effect. */
  isKilled: fc.boolean(),
});

test.each(['embedded', 'stack'] as const)(
  'each origin has its own record, whatever was loaded in between (%s)',
  async (schema) => {
    await fc.assert(
      fc.asyncProperty(fc.array(start, { maxLength: 12, size: 'max' }), async (starts) => {
        await database.exec(`truncate attribution.iterations_first_seen;
          drop table if exists ${schema}.iterations_first_seen_elsewhere, ${schema}.conversions_last_attributed_elsewhere; ${keptRecordTableStatements(schema).join('; ')}`);
        const expected = new Map<string, string>();
        let from: string | null = null;
        for (const { origin: to, created, isCopy, isKilled } of starts) {
          const remembered = (await rows(rememberedOriginsQuery(schema))).map(({ origin }) => String(origin));
          const change = { from, to, remembered, isCopy: isCopy && from !== null };
          const statements = from === to ? [] : originChangeStatements(schema, change);
          // What the models do: an iteration is recorded once.
          await database.exec(`begin; ${statements.join(';')}; ${isKilled ? 'rollback' : 'commit'}`);
          if (isKilled) continue;
          if (change.isCopy && from !== to && !expected.has(to)) {
            const own = expected.get(String(from));
            if (own !== undefined) expected.set(to, own);
          }
          await database.exec(`insert into attribution.iterations_first_seen
            select 17, 1, '${created}', 'build', now() where not exists (select from attribution.iterations_first_seen)`);
          if (!expected.has(to)) expected.set(to, created);
          from = to;
          expect(await rows('select created_at::text from attribution.iterations_first_seen')).toEqual(
            await rows(`select '${expected.get(to)}'::timestamptz::text as created_at`),
          );
        }
      }),
      { numRuns: proofs(150, 40) },
    );
  },
);

const change = (rest: Partial<OriginChange>): OriginChange => ({
  ...{ from: 'a', to: 'b', remembered: [], isCopy: false },
  ...rest,
});

test('the records of the last ten other origins are kept, and discarding one is reported', () => {
  const others = Array.from({ length: 10 }, (_, at) => `csv:/${at}`);
  expect(discardedOrigins(change({ remembered: others.slice(1) }))).toEqual([]);
  expect(discardedOrigins(change({ remembered: others }))).toEqual(['csv:/9']);
  expect(originChangeLines(change({ remembered: others })).at(-1)).toContain('Discarded: csv:/9');
  // Neither the origin that is left nor the one that is loaded counts twice.
  expect(discardedOrigins(change({ remembered: ['b', ...others.slice(1)] }))).toEqual([]);
  expect(discardedOrigins(change({ from: null, remembered: others }))).toEqual([]);
  expect(originChangeStatements('embedded', change({ remembered: others })).at(-1)).toMatch(/^delete .*'csv:\/9'$/);
});

test('discarding the record of data whose origin is unknown is reported', () => {
  const discarded = 'The build records of the former data are discarded';
  const unknown = { from: null, to: 'b' };
  expect(originChangeLines(change(unknown))).toEqual([
    'Data from another source: starting new build records',
    expect.stringContaining(discarded),
  ]);
  expect(originChangeLines(change({ ...unknown, remembered: ['b'], isCopy: true }))).toEqual([
    'Data from another source: continuing its own build records',
    expect.stringContaining(discarded),
  ]);
  expect(originChangeLines(change({ ...unknown, isCopy: true }))).toEqual([]);
});

test('whether the loaded data have a record', async () => {
  await database.exec('truncate attribution.iterations_first_seen');
  expect(await rows(hasRecordQuery)).toEqual([{ has_record: false }]);
  await database.exec("insert into attribution.iterations_first_seen values (17, 1, now(), 'build', now())");
  expect(await rows(hasRecordQuery)).toEqual([{ has_record: true }]);
});

test('a copy continues the record, unless it has its own', () => {
  expect(changesRecord(change({ isCopy: true }))).toBe(false);
  expect(originChangeLines(change({ isCopy: true }))).toEqual([]);
  expect(changesRecord(change({ isCopy: true, remembered: ['b'] }))).toBe(true);
  expect(originChangeLines(change({ isCopy: true, remembered: ['b'] }))[0]).toContain(
    'continuing its own build records',
  );
  expect(originChangeLines(change({}))[0]).toContain('starting new build records');
});
