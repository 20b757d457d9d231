import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import { asOfs, messyWorlds, rawRows, rfc3339, together } from '../support/attribution.ts';
import { addRaw, reset, type Store } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';
import { openTestService, type TestService } from '../support/service.ts';
import type { TestDatabase } from '../support/warehouses.ts';
import { type Proof, readAll } from './asking.ts';
import { faultsOf } from './checker.ts';
import { explainedAsOf, explainedWorld } from './world.ts';

let service: TestService & { readonly database: TestDatabase };
beforeAll(async () => {
  service = await openTestService(explainedWorld, explainedAsOf);
});
afterAll(() => service?.close());

/** Changes of a proof that make it wrong, as far as it has the changed value. */
const tampers: Readonly<Record<string, (proof: Proof) => Proof | null>> = {
  'the status': (proof) => ({ ...proof, status: proof.status === 'SHARED_OFFER' ? 'NO_ITERATIONS' : 'SHARED_OFFER' }),
  'the iteration': (proof) => ({ ...proof, iterationId: proof.iterationId === null ? '1' : `${proof.iterationId}0` }),
  'the click id': ({ click, ...proof }) =>
    click.clickId === null ? null : { ...proof, click: { ...click, clickId: `${click.clickId}x` } },
  'the time of the click': ({ click, ...proof }) =>
    proof.iterations.candidates.length === 0
      ? null
      : { ...proof, click: { ...click, timestamp: '2020-01-01T00:00:00.000000Z' } },
  'the campaign': ({ campaign, ...proof }) =>
    campaign.outcome === 'FOUND' ? { ...proof, campaign: { ...campaign, offerId: '4711' } } : null,
  'the number of strategies': ({ offer, ...proof }) =>
    offer.strategyCount === null ? null : { ...proof, offer: { ...offer, strategyCount: offer.strategyCount + 1 } },
  'the strategy of the offer': ({ offer, ...proof }) =>
    offer.strategies.length === 0 ? null : { ...proof, offer: { ...offer, strategies: offer.strategies.slice(1) } },
  'a window': ({ iterations, ...proof }) =>
    iterations.candidates.length === 0
      ? null
      : {
          ...proof,
          iterations: {
            ...iterations,
            candidates: iterations.candidates.map((each, index) =>
              index === 0 ? { ...each, createdAt: '2020-01-01T00:00:00.000000Z' } : each,
            ),
          },
        },
  'a distance': ({ iterations, ...proof }) =>
    iterations.candidates.length === 0
      ? null
      : {
          ...proof,
          iterations: {
            ...iterations,
            candidates: iterations.candidates.map((each) => ({ ...each, untilEnd: `${each.untilEnd}0` })),
          },
        },
  'the last candidate': ({ iterations, ...proof }) =>
    iterations.candidates.length === 0
      ? null
      : { ...proof, iterations: { ...iterations, candidates: iterations.candidates.slice(0, -1) } },
  'a comparison': ({ iterations, ...proof }) =>
    iterations.comparisons.length === 0
      ? null
      : {
          ...proof,
          iterations: {
            ...iterations,
            comparisons: iterations.comparisons.map((each) => ({ ...each, holds: !each.holds })),
          },
        },
};

test.each(Object.entries(tampers))('the checker finds out that %s is wrong', async (_what, tamper) => {
  const tampered = (await readAll(service)).flatMap(({ explanation }) => (explanation && tamper(explanation)) ?? []);
  expect(tampered.length).toBeGreaterThan(0);
  for (const proof of tampered) expect(faultsOf(proof), JSON.stringify(proof)).not.toEqual([]);
});

test('in random worlds every proof is right, and its result is that of the build', async () => {
  const store: Store = {
    query: async (sql) => ({ ...(await service.database.query(sql)), rowCount: null }),
    close: async () => {},
  };
  const seen = new Map<string, number>();
  const bundles = fc.array(messyWorlds, { minLength: 50, maxLength: 50, size: 'max' });
  await fc.assert(
    fc.asyncProperty(bundles, asOfs, async (worlds, asOf) => {
      await reset(store);
      await addRaw(store, rawRows(together(worlds)));
      await service.database.build(rfc3339(asOf));
      const nodes = await readAll(service);
      expect(nodes.length).toBeGreaterThan(50);
      for (const { id, status, method, iterationId, explanation } of nodes) {
        if (!explanation) throw new Error(`${id} has no explanation`);
        expect([explanation.status, explanation.method, explanation.iterationId], id).toEqual([
          status,
          method,
          iterationId,
        ]);
        expect(faultsOf(explanation), JSON.stringify(explanation)).toEqual([]);
        seen.set(method === 'EXPLICIT' ? method : status, (seen.get(method === 'EXPLICIT' ? method : status) ?? 0) + 1);
      }
    }),
    // 50 worlds each.
    { numRuns: proofs(10, 8, 20) },
  );
  for (const kind of [...attributionStatuses, 'EXPLICIT']) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
});
