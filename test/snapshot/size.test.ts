import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { ClicksFill, MetricsFill } from '../../src/db/snapshot/facts.ts';
import { bytesOfFacts, bytesOfTables } from '../../src/db/snapshot/size.ts';
import { Campaigns, Iterations, Strategies } from '../../src/db/snapshot/small-tables.ts';
import { atOnce } from '../../src/db/snapshot/steps.ts';
import { CampaignsFill, IterationsFill, StrategiesFill } from '../../src/db/snapshot/tables-fill.ts';

const [strategies, iterations, days] = [2_000, 20_000, 10];
const counts = {
  strategies,
  iterations,
  campaigns: strategies,
  metrics: iterations * days,
  clicks: iterations * days,
  nameBytes: 20 * (2 * strategies + iterations),
  conversions: iterations * days,
  clickSum: iterations * days,
  payout: `${iterations * days}.0000`,
  distinguishesCase: true,
};

/** A text of its own, as a driver makes it. */
const text = (value: string): string => Buffer.from(value).toString();
const name = (id: number) => text(`name ${id}`.padEnd(20, '.'));
const time = '2026-01-08T10:18:24.372261Z';
const first = { field: 'ID', direction: 'DESC' } as const;

function made() {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => 1_000_000 + index);
  const own = (id: number) => ({ id: text(`${id}`), name: name(id), name_rank: `${id - 999_999}` });
  const [strategyRows, campaignRows, iterationRows] = [new StrategiesFill(), new CampaignsFill(), new IterationsFill()];
  for (const id of numbers(strategies)) {
    strategyRows.add({ ...own(id), tune_offer_id: text(`${id}`), created_at: text(time) });
    campaignRows.add({ ...own(id), offer_id: text(`${id}`), strategy_id: text(`${id}`), problem: null });
  }
  for (const id of numbers(iterations)) {
    const strategy_id = text(`${1_000_000 + (id % strategies)}`);
    const times = { created_at: text(time), ended_at: text(time) };
    iterationRows.add({ id: text(`${id}`), strategy_id, name: name(id), sequence: text('1'), ...times });
  }
  const tables = {
    strategies: atOnce(Strategies.of(strategyRows.finish())),
    campaigns: atOnce(Campaigns.of(campaignRows.finish())),
    iterations: atOnce(Iterations.of(iterationRows.rows)),
  };
  const metrics = new MetricsFill(counts, []);
  const clicks = new ClicksFill(counts);
  for (const id of numbers(iterations)) {
    for (let day = 10; day < 10 + days; day += 1) {
      const row = { iteration_id: text(`${id}`), strategy_id: text(`${id % strategies}`), day: `2026-01-${day}` };
      const sums = { conversions: '1', payout: '1.0000', first_converted_at: time, last_converted_at: time };
      metrics.add({ ...row, ...sums, goal_reference_id: null });
      clicks.add({ ...row, clicks: '1' });
    }
  }
  return { ...tables, metrics: atOnce(metrics.finish(counts)), clicks: atOnce(clicks.finish(counts)) };
}

const attributed = { dimensions: ['ITERATION' as const], filter: { isAttributed: true } };
const rowsOfOne = () => made().metrics.count(attributed);

test('the estimate is not below the memory of a snapshot', () => {
  v8.setFlagsFromString('--expose-gc');
  const collect: () => void = vm.runInNewContext('gc');
  const used = () => {
    for (let round = 0; round < 3; round += 1) collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // Compiles what is measured; its result is garbage when the function has returned.
  expect(rowsOfOne()).toBe(iterations);
  const before = used();
  const snapshot = made();
  // The places of rows in an order are made when they are used.
  for (const field of ['NAME', 'CREATED_AT'] as const)
    snapshot.strategies.page({}, { ...first, field }, { first: 1, after: null });
  snapshot.iterations.page({}, { ...first, field: 'CREATED_AT' }, { first: 1, after: null });
  const taken = used() - before;
  const estimate = bytesOfTables(counts) + bytesOfFacts(counts);
  expect(snapshot.metrics.count(attributed)).toBe(iterations);
  expect(taken).toBeLessThan(estimate * 1.02);
});
