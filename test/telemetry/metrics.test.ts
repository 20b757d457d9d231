import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LabelValues } from '../../src/telemetry/label-values.ts';
import { Metrics, type Sample } from '../../src/telemetry/metrics.ts';

const unknown: Sample = {
  isReady: false,
  stores: { warehouse: { isUp: false, pools: [] }, ledger: { isUp: false, pools: [] } },
  buildAge: null,
  dataLag: null,
  backlog: null,
  breaker: null,
  snapshot: null,
};

/** The samples of a scrape: names with labels, and values. */
const samples = async (metrics: Metrics, sample: Sample) =>
  (await metrics.text(sample)).body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('docs/monitoring.md lists the metrics of the program, with their types and labels', async () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/monitoring.md'), 'utf8');
  const documented = [...docs.matchAll(/^\| `(attribution_\w+)` \| (\w+) \| (.*?) \|/gm)].map(
    ([, name, type, labels]) => ({
      name,
      type,
      labels: [...(labels ?? '').matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }),
  );
  const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }) =>
    (one.name ?? '') < (other.name ?? '') ? -1 : 1;
  expect(documented.toSorted(byName)).toEqual(new Metrics().describe().toSorted(byName));
});

test('names have units as Prometheus recommends', () => {
  for (const { name, type } of new Metrics().describe()) {
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
});

test('what is unknown is omitted, and appears again', async () => {
  const metrics = new Metrics();
  const known: Sample = {
    isReady: true,
    stores: {
      warehouse: { isUp: true, pools: [{ name: 'reading', max: 4, inUse: 3, idle: 1, waiting: 2 }] },
      ledger: { isUp: true, pools: [] },
    },
    buildAge: 60,
    dataLag: 90,
    backlog: { pendingRows: 5, oldestSeconds: 12.5 },
    breaker: 'OPEN',
    snapshot: {
      current: { build: '7', bytes: 1000, rows: 10 },
      answers: { snapshot: 4, warehouse: 1 },
      fills: { COMPLETE: 1, PARTIAL: 0, REFUSED: 0, FAILED: 2, SUPERSEDED: 1 },
      fillMilliseconds: 1500,
    },
  };
  const kept = [
    'attribution_kept_answers 0',
    'attribution_kept_answers_bytes 0',
    'attribution_kept_answers_evicted_total 0',
  ];
  const exports = ['attribution_exports_in_progress 0'];
  const thread = ['attribution_push_thread_ends_total 0', 'attribution_push_thread_heap_bytes 0'];
  const whole = [
    'attribution_requests_in_flight 0',
    ...kept,
    ...exports,
    'attribution_ready 1',
    'attribution_store_up{store="warehouse"} 1',
    'attribution_store_up{store="ledger"} 1',
    'attribution_pool_connections{store="warehouse",pool="reading",state="in_use"} 3',
    'attribution_pool_connections{store="warehouse",pool="reading",state="idle"} 1',
    'attribution_pool_connections_max{store="warehouse",pool="reading"} 4',
    'attribution_pool_waiting{store="warehouse",pool="reading"} 2',
    'attribution_build_age_seconds 60',
    'attribution_data_lag_seconds 90',
    'attribution_push_pending_rows 5',
    'attribution_push_oldest_pending_seconds 12.5',
    'attribution_push_breaker_state{state="CLOSED"} 0',
    'attribution_push_breaker_state{state="OPEN"} 1',
    'attribution_push_breaker_state{state="HALF_OPEN"} 0',
    ...thread,
    'attribution_snapshot_bytes 1000',
    'attribution_snapshot_rows 10',
    'attribution_snapshot_build 7',
    'attribution_snapshot_fill_seconds 1.5',
    'attribution_snapshot_fills_total{outcome="COMPLETE"} 1',
    'attribution_snapshot_fills_total{outcome="PARTIAL"} 0',
    'attribution_snapshot_fills_total{outcome="REFUSED"} 0',
    'attribution_snapshot_fills_total{outcome="FAILED"} 2',
    'attribution_snapshot_fills_total{outcome="SUPERSEDED"} 1',
    'attribution_snapshot_answers_total{source="snapshot"} 4',
    'attribution_snapshot_answers_total{source="warehouse"} 1',
  ];
  expect(await samples(metrics, known)).toEqual(whole);
  expect(await samples(metrics, unknown)).toEqual([
    'attribution_requests_in_flight 0',
    ...kept,
    ...exports,
    'attribution_ready 0',
    'attribution_store_up{store="warehouse"} 0',
    'attribution_store_up{store="ledger"} 0',
    ...thread,
  ]);
  expect(await samples(metrics, known)).toEqual(whole);
});

test('operation names are bounded in number and length', async () => {
  const metrics = new Metrics();
  const names = [...Array.from({ length: 300 }, (_, at) => `Operation${at}`), 'a'.repeat(65), 'Operation0'];
  for (const operation of names) {
    metrics.requestStarted();
    metrics.requestEnded({ route: '/graphql', operation, code: 'OK', isRefused: false, milliseconds: 1 });
  }
  const counts = (await samples(metrics, unknown)).filter((line) => line.includes('duration_seconds_count'));
  expect(counts.length).toBe(201);
  expect(counts).toContain(
    'attribution_request_duration_seconds_count{route="/graphql",operation="Operation0",code="OK"} 2',
  );
  expect(counts).toContain(
    'attribution_request_duration_seconds_count{route="/graphql",operation="other",code="OK"} 101',
  );
  expect(new LabelValues(1, 3).bounded('long')).toBe('other');
});
