import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { demoEnd } from '../../local/demo-end.ts';
import { attributionStatuses } from '../../src/db/warehouse/tables.ts';
import { demoFile } from '../../src/embedded/demo/source.ts';
import { formatInstant } from '../../src/embedded/demo/time.ts';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { dbtFolder, openFor, temporaryFolder, writeFiles } from './support.ts';

const root = temporaryFolder();

afterAll(() => rmSync(root, { recursive: true, force: true }));

/**
 * A deliberate change of the demo data changes these digests, and demoVersion: data folders with older demo data are
 * then loaded again.
 */
const digests = {
  strategies: '4a0a12154887bde85eec51dec5086969f8bf9d414b184e8227b30c6559dd5dd9',
  iterations: 'd8ca9be811ebee9db6e2a414940f7f317500b141c62386b58fb3d216e1d716d1',
  campaigns: '73f78897c96afbfdbac0d81c589c29a835e70a72b4fb91ce42a616e4ff012234',
  clicks: 'c414a3b2eaa13c480cd6cc22150f24cb2bb13ba894c54c7e143a7eca6cbef639',
  events: 'e7c79391a8f8d58cc081d421e01c126504638bf59444d5db2d735217d0aa648e',
};

test('the demo data is deterministic', () => {
  const found = rawTables.map((table) => {
    const hash = createHash('sha256');
    for (const chunk of demoFile(table, { end: demoEnd })) hash.update(chunk);
    return [table.name, hash.digest('hex')];
  });
  expect(Object.fromEntries(found)).toEqual(digests);
});

test('with another end the demo data have other times, and nothing that is later', () => {
  const linesOf = (end: string) =>
    rawTables.map((table) => [...demoFile(table, { end, scale: 0.1 })].join('').trimEnd().split('\n').slice(1));
  const lastTimes = linesOf('2026-11-28').map((lines) =>
    lines
      .map((line) => line.slice(line.lastIndexOf(',') + 1, -'.123456+00'.length))
      .sort()
      .at(-1),
  );
  const [strategies, iterations, , clicks, events] = lastTimes;
  expect(strategies).toMatch(/^2026-07-21 /);
  expect(iterations).toMatch(/^2026-11-27 2/);
  // Until midnight, so that the data of a first start at any time of the next day are less than a day old.
  for (const last of [clicks, events]) expect(last).toBe('2026-11-27 23:59:59');
  expect(
    linesOf('2026-11-28')
      .map((lines) => lines.length)
      .slice(0, 3),
  ).toEqual(
    linesOf(demoEnd)
      .map((lines) => lines.length)
      .slice(0, 3),
  );
});

test.each(['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'])(
  'until %s, the last click and the last conversion are loaded at the end',
  (end) => {
    const lastLoad = (name: string, isMeant: (fields: readonly string[]) => boolean) => {
      const table = rawTables.find((each) => each.name === name);
      if (!table) throw new Error(`no table ${name}`);
      // Of this scale, the last event until 2026-11-25 is no conversion.
      const rows = [...demoFile(table, { end, scale: 0.05 })].join('').trimEnd().split('\n').slice(1);
      return rows
        .map((row) => row.split(','))
        .filter(isMeant)
        .map((fields) => fields.at(-1))
        .toSorted()
        .at(-1);
    };
    const last = formatInstant(Date.parse(`${end}T00:00:00Z`) * 1000 - 1);
    expect(lastLoad('clicks', () => true)).toBe(last);
    expect(lastLoad('events', ([, type]) => type === 'goal_complete')).toBe(last);
  },
);

test('instants have the form that PostgreSQL writes', () => {
  expect(formatInstant(0)).toBe('1970-01-01 00:00:00+00');
  expect(formatInstant(Date.UTC(2026, 0, 8, 10, 18, 24) * 1000 + 372_261)).toBe('2026-01-08 10:18:24.372261+00');
  expect(formatInstant(-1)).toBe('1969-12-31 23:59:59.999999+00');
});

const findings = `select check_name as check, severity from attribution.data_quality_findings
  join attribution.attribution_builds using (build_id)
  where subject_rank = 1 and build_number = (select max(build_number) from attribution.attribution_builds)
  order by 1`;

describe('loaded and attributed', () => {
  test('it contains every outcome, has realistic proportions, stays on later days, and is replaced by CSV files', async () => {
    const dataDir = join(root, 'data');
    const now = () => new Date('2026-07-15T00:00:00Z');
    await openFor(dataDir, { dbtFolder, now }, async ({ query }) => {
      const gold = 'attribution.goal_complete_events_attributed';
      const statuses = await query(
        `select attribution_status as s, count(*)::int as n from ${gold} group by 1 order by 2 desc`,
      );
      expect(new Set(statuses.map((row) => row.s))).toEqual(new Set(attributionStatuses));
      const total = statuses.reduce((sum, row) => sum + Number(row.n), 0);
      expect(total).toBeGreaterThan(45_000);
      expect(statuses[0]?.s).toBe('ATTRIBUTED');
      expect(Number(statuses[0]?.n) / total).toBeGreaterThan(0.75);
      const methods = await query(`select distinct attribution_method as m from ${gold} order by 1`);
      expect(methods).toEqual([{ m: 'DERIVED' }, { m: 'EXPLICIT' }, { m: null }]);
      const [lag] = await query(
        `select percentile_cont(0.5) within group (order by lag)::float8 as median,
           percentile_cont(0.99) within group (order by lag)::float8 as p99
         from (select extract(epoch from converted_at - click_timestamp) / 60 as lag from ${gold}
           where click_timestamp < converted_at) lags`,
      );
      expect(lag?.median).toBeGreaterThan(1);
      expect(lag?.median).toBeLessThan(30);
      expect(lag?.p99).toBeGreaterThan(7 * 60);
      expect(lag?.p99).toBeLessThan(14 * 60);
      for (const before of ['0 microseconds', '1 microsecond']) {
        const [edges] = await query(
          `select count(*)::int as n from adgem.clicks c
           join adsuite_mirror.iterations i on c."timestamp" = i.created_at - interval '${before}'`,
        );
        expect(edges?.n).toBeGreaterThan(10);
      }
      expect(await query(findings)).toEqual([
        { check: 'CLICK_AFTER_CONVERSION', severity: 'WARNING' },
        { check: 'CLICK_CONFLICT', severity: 'WARNING' },
        { check: 'EXPLICIT_ITERATION_NOT_FOUND', severity: 'WARNING' },
        { check: 'IN_THE_FUTURE', severity: 'WARNING' },
        { check: 'ITERATIONS_BEGIN_TOGETHER', severity: 'WARNING' },
        { check: 'SHARED_OFFER', severity: 'WARNING' },
      ]);
    });
    await openFor(dataDir, { dbtFolder, now: () => new Date('2026-07-15T23:59:59Z') }, ({ lines }) => {
      expect(lines).toEqual(['Data is up to date: the demo data until 2026-07-15']);
    });
    const later = { dbtFolder, now: () => new Date('2026-07-17T12:00:00Z') };
    await openFor(dataDir, later, ({ lines }) => {
      expect(lines).toEqual([
        'Data is up to date: the demo data until 2026-07-15',
        expect.stringMatching(/they end on 2026-07-15 at 00:00 UTC.*docs\/embedded\.md/),
      ]);
    });
    const csvFolder = writeFiles(join(root, 'csv'));
    await openFor(dataDir, { csvFolder, dbtFolder, now }, async ({ query, lines }) => {
      expect(lines[0]).toBe(`Loading ${csvFolder}`);
      expect(await query('select count(*)::int as n from adgem.clicks')).toEqual([{ n: 2 }]);
      // The demo's iterations do not count as deleted, because the files are another origin.
      expect(await query(findings)).toEqual([]);
    });
    await openFor(dataDir, { ...later, dbtFolder: null }, ({ lines }) => {
      expect(lines[0]).toBe('Loading the demo data until 2026-07-17');
    });
  });
});
