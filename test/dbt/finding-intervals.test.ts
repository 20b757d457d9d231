import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderTest, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { addRaw, DbtProjectCopy, project, reset, run, runOptions, type Store, stores } from '../support/dbt.ts';

const negative = 'NEGATIVE_PAYOUT';

describe.each(stores)('the life of findings on %s', (_name, open) => {
  let store: Store;
  const copies: DbtProjectCopy[] = [];
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => {
    for (const copy of copies) copy.remove();
    await store.close();
  });
  beforeEach(() => reset(store));

  /** A copy of the project with a change. */
  function changed(file: string, find: string, replacement: string) {
    const copy = new DbtProjectCopy();
    copies.push(copy);
    copy.edit(file, find, replacement);
    return copy.load();
  }
  const broken = changed(
    'models/marts/attribution_builds.sql',
    'cast({{ build_number() }} as bigint) as build_number',
    'cast({{ build_number() }} / 0 as bigint) as build_number',
  );

  let minutes = 0;
  /** The start of each run, so that times differ. */
  const options = (vars: Record<string, unknown>, fullRefresh = false) => {
    minutes += 1;
    const startedAt = `2026-03-01T00:${String(minutes % 60).padStart(2, '0')}:00.000000Z`;
    return runOptions({ startedAt, vars, fullRefresh });
  };

  const event = (id: string, payout: number) => ({
    ...{ event_id: id, event_type: 'goal_complete', click_id: null, goal_reference_id: null, payout },
    ...{ timestamp: '2026-02-28T00:00:00Z', loaded_at: '2026-02-28T00:00:00Z' },
  });

  /** The conversions with a negative payout from now on. */
  async function negatives(payouts: Readonly<Record<string, number>>) {
    await store.query('truncate events.events');
    // Each event is loaded again, so that a run reads it.
    const loaded_at = `2026-02-28T00:${String(minutes % 60).padStart(2, '0')}:30Z`;
    const ids = ['a', 'b', ...Array.from({ length: 12 }, (_, at) => `n${String(at).padStart(2, '0')}`)];
    await addRaw(store, { events: ids.map((id) => ({ ...event(id, payouts[id] ?? 1), loaded_at })) });
  }

  /** Builds with these negative payouts, and checks the tests of the table. */
  async function build(payouts: Readonly<Record<string, number>>, vars: Record<string, unknown> = {}, refresh = false) {
    await negatives(payouts);
    await run(store, options(vars, refresh));
    for (const name of ['finding_intervals_equal_findings', 'finding_intervals_grain']) {
      const found = project.tests.find((each) => each.name === name);
      if (!found) throw new Error(`${name} does not exist`);
      expect((await store.query(renderTest(project, found, runOptions()))).rows, name).toEqual([]);
    }
  }

  const fail = async (payouts: Readonly<Record<string, number>>) => {
    await negatives(payouts);
    await expect(runDbtProject(broken, store, options({}))).rejects.toThrow(/division by zero/);
  };

  /** Subject, first, last and resolving build, detail. */
  async function intervals(check = negative): Promise<string[]> {
    const { rows } = await store.query(
      `select subject_id || ' ' || first_seen_build_number || '-' || last_seen_build_number
         || coalesce(' until ' || resolved_build_number, '') || ': ' || detail as line
       from attribution.finding_intervals where check_name = '${check}' order by first_seen_build_number, subject_id`,
    );
    return rows.map(({ line }) => String(line));
  }

  test('a finding is first seen, last seen and resolved; if it comes back, another interval begins', async () => {
    await build({ a: -1 });
    expect(await intervals()).toEqual(['a 1-1: payout -1.0000']);
    await build({ a: -2, b: -3 });
    expect(await intervals()).toEqual(['a 1-2: payout -2.0000', 'b 2-2: payout -3.0000']);
    await build({ b: -3 });
    expect(await intervals()).toEqual(['a 1-2 until 3: payout -2.0000', 'b 2-3: payout -3.0000']);
    // Also in a full refresh.
    await build({ a: -4, b: -3 }, {}, true);
    const last = ['a 1-2 until 3: payout -2.0000', 'b 2-4: payout -3.0000', 'a 4-4: payout -4.0000'];
    expect(await intervals()).toEqual(last);
    const { rows } = await store.query(
      `select count(*)::int as matching from attribution.finding_intervals as intervals
       join attribution.attribution_builds as f on f.build_number = first_seen_build_number and f.started_at = first_seen_at
       join attribution.attribution_builds as l on l.build_number = last_seen_build_number and l.started_at = last_seen_at
       left join attribution.attribution_builds as r on r.build_number = resolved_build_number
       where check_name = '${negative}' and resolved_at is not distinct from r.started_at`,
    );
    expect(rows).toEqual([{ matching: last.length }]);
  });

  test('a build that fails afterwards leaves no trace, however often it is tried', async () => {
    await build({ a: -1 });
    await build({ a: -1 });
    // It resolves a, and opens b; the second attempt sees a with another detail.
    await fail({ b: -1 });
    expect(await intervals()).toEqual(['a 1-2 until 3: payout -1.0000', 'b 3-3: payout -1.0000']);
    await fail({ a: -2 });
    expect(await intervals()).toEqual(['a 1-3: payout -2.0000']);
    await build({});
    expect(await intervals()).toEqual(['a 1-2 until 3: payout -1.0000']);
    await fail({ b: -1 });
    await build({ a: -5, b: -6 });
    expect(await intervals()).toEqual([
      'a 1-2 until 3: payout -1.0000',
      'a 4-4: payout -5.0000',
      'b 4-4: payout -6.0000',
    ]);
  });

  test('a subject that may be beyond the recorded ones stays open', async () => {
    const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`n${String(at).padStart(2, '0')}`, -1]));
    await build({ a: -1 }, { findings_kept: 10 });
    // The worst are recorded first.
    await build({ ...twelve, a: -0.5 }, { findings_kept: 10 });
    expect((await intervals())[0]).toBe('a 1-1: payout -1.0000');
    await fail({});
    await build(twelve, { findings_kept: 10 });
    expect((await intervals())[0]).toBe('a 1-1: payout -1.0000');
    await build(twelve);
    expect((await intervals())[0]).toBe('a 1-1 until 4: payout -1.0000');
    expect(await intervals()).toHaveLength(13);
  });

  test('what a check found ends with the check', async () => {
    await build({ a: -1 });
    await build({ a: -1 });
    const without = changed(
      'models/quality/data_quality_findings.sql',
      `['${negative}', 'WARNING']`,
      "['NEW_NAME', 'WARNING']",
    );
    await runDbtProject(without, store, options({}));
    expect(await intervals()).toEqual(['a 1-2 until 3: payout -1.0000']);
  });

  test('what was resolved more than history_builds ago is deleted', async () => {
    await build({ a: -1, b: -1 });
    const vars = { history_builds: 2 };
    await build({ b: -1 }, vars);
    await build({ b: -1 }, vars);
    expect(await intervals()).toEqual(['a 1-1 until 2: payout -1.0000', 'b 1-3: payout -1.0000']);
    await build({ b: -1 }, vars);
    expect(await intervals()).toEqual(['b 1-4: payout -1.0000']);
    for (const invalid of [1, 'all']) {
      await expect(build({}, { history_builds: invalid })).rejects.toThrow('The var history_builds must be a number');
    }
  });
});
