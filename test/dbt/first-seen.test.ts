import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addRaw, openPglite, reset, run, type Store, sorted } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';

let store: Store;
beforeAll(async () => {
  store = await openPglite();
});
afterAll(() => store.close());

interface Iteration {
  readonly strategy: number;
  readonly created: string;
}

/** The inputs of the edit checks. */
const select = [
  'stg_adsuite__strategies',
  'strategies',
  'stg_adsuite__iterations',
  'iterations_with_end_time',
  'iterations_first_seen',
  'quality_iterations',
];

const instants = ['2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000001Z', '2026-01-02T00:00:00.000000Z'] as const;
const iterations = fc.record({ strategy: fc.integer({ min: 1, max: 2 }), created: fc.constantFrom(...instants) });
/** AdSuite at one time: three iterations, each present or not. */
const moments = fc.tuple(...[1, 2, 3].map(() => fc.option(iterations, { nil: null, freq: 4 })));
const ids = fc.integer({ min: 1, max: 3 });
const accepted = fc.array(
  fc.oneof(
    fc.record({ id: ids, created_at: fc.constantFrom(...instants) }),
    fc.record({ id: ids, strategy_id: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ id: ids, gone: fc.constant(true) }),
  ),
  { maxLength: 3 },
);

/** The expected findings for an iteration, given its first and current state. */
function expected(id: number, first: Iteration | null, now: Iteration | null, accept: readonly object[]): string[][] {
  const isAccepted = (edit: object) => accept.some((each) => JSON.stringify(each) === JSON.stringify(edit));
  if (first === null) return [];
  if (now === null) return isAccepted({ id, gone: true }) ? [] : [['ITERATION_GONE', String(id)]];
  const found: string[][] = [];
  if (now.created !== first.created && !isAccepted({ id, created_at: now.created })) {
    found.push(['CREATED_AT_EDITED', String(id)]);
  }
  if (now.strategy !== first.strategy && !isAccepted({ id, strategy_id: now.strategy })) {
    found.push(['STRATEGY_OF_ITERATION_EDITED', String(id)]);
  }
  return found;
}

test('each build reports exactly the unaccepted differences from the first sighting, for any history of iterations', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(moments, accepted), { minLength: 2, maxLength: 4 }), async (builds) => {
      await reset(store);
      const first: (Iteration | null)[] = [null, null, null];
      for (const [now, accept] of builds) {
        await store.query('truncate adsuite_mirror.iterations');
        await addRaw(store, {
          iterations: now.flatMap((each, index) =>
            each ? [{ iteration_id: index + 1, strategy_id: each.strategy, created_at: each.created }] : [],
          ),
        });
        for (const [index, each] of now.entries()) first[index] ??= each ?? null;
        await run(store, { select, vars: { accepted_iterations: accept } });
        const { rows } = await store.query(
          `select check_name, subject_id from attribution.quality_iterations
           where check_name in ('CREATED_AT_EDITED', 'STRATEGY_OF_ITERATION_EDITED', 'ITERATION_GONE')`,
        );
        const wanted = now.flatMap((each, index) => expected(index + 1, first[index] ?? null, each ?? null, accept));
        expect(sorted(rows.map((row) => [row.check_name, row.subject_id]))).toEqual(sorted(wanted));
        for (const [check] of wanted) seen.add(String(check));
      }
    }),
    { numRuns: proofs(40, 8) },
  );
  expect(seen.size).toBe(3);
});
