import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  embeddedChangeStatements,
  keptRecordTableStatements,
  rememberedOriginsQuery,
} from '../../src/embedded/build-records.ts';
import { runDbtProject } from '../../src/embedded/dbt/index.ts';
import {
  addRaw,
  DbtProjectCopy,
  literal,
  type RawWorld,
  reset,
  run,
  runOptions,
  type Store,
  stores,
} from '../support/dbt.ts';
import { changeChecks } from '../support/dbt-cases.ts';

const at = (time: string) => `2026-01-01T${time}Z`;
/** When the first build starts, and ends the open windows. */
const firstBuild = '2026-01-10T00:00:00.000000Z';

const conversion = (click: string, loaded_at: string, payout = 1) => ({
  ...{ event_id: `of ${click}`, event_type: 'goal_complete', click_id: click, payout },
  ...{ timestamp: at('14:00:00'), loaded_at },
});

/** Two iterations, whose clicks have one conversion each, and a click without a campaign. */
const world: RawWorld = {
  strategies: [
    { id: 1, name: 'one', tune_offer_id: 100, created_at: at('00:00:00') },
    { id: 2, name: 'two', tune_offer_id: 200, created_at: at('00:00:00') },
  ],
  iterations: [
    { iteration_id: 1, strategy_id: 1, name: 'a', created_at: at('09:00:00') },
    { iteration_id: 2, strategy_id: 1, name: 'b', created_at: at('12:00:00') },
  ],
  campaigns: [{ id: 10, name: 'ten', adaction_id: 100 }],
  clicks: [
    { click_id: 'a', campaign_id: 10, timestamp: at('10:00:00'), loaded_at: at('10:00:00') },
    { click_id: 'b', campaign_id: 10, timestamp: at('13:00:00'), loaded_at: at('13:00:00') },
    { click_id: 'bare', campaign_id: null, timestamp: at('11:00:00'), loaded_at: at('11:00:00') },
  ],
  events: ['a', 'b', 'bare'].map((click) => conversion(click, at('14:00:00'))),
};

describe.each(stores)('changes since the build before on %s', (_name, open) => {
  let store: Store;
  let hours = 0;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    await reset(store);
    await addRaw(store, world);
    hours = 0;
    expect(await found()).toEqual([]);
  });

  /** A run six hours after the one before. */
  const nextRun = (vars: Record<string, unknown> = {}, fullRefresh = false) => {
    const startedAt = new Date(Date.parse(firstBuild) + hours * 3_600_000).toISOString().replace('Z', '000Z');
    hours += 6;
    return runOptions({ startedAt, vars, fullRefresh });
  };

  /** Builds, and returns what these checks have found: check, subject, detail. */
  async function found(vars: Record<string, unknown> = {}, fullRefresh = false): Promise<string[]> {
    const options = nextRun(vars, fullRefresh);
    await run(store, options);
    return findingsOf(options.invocationId);
  }

  async function findingsOf(build: string): Promise<string[]> {
    const { rows } = await store.query(
      `select check_name, subject_id, detail from attribution.data_quality_findings
       where build_id = ${literal(build)} and found > 0 and check_name in (${changeChecks.map(literal).join(', ')})
       order by check_name, subject_rank`,
    );
    return rows.map(({ check_name, subject_id, detail }) => `${check_name} ${subject_id}: ${detail}`);
  }

  const addIteration = (iteration_id: number, created_at: string, strategy_id = 1) =>
    addRaw(store, { iterations: [{ iteration_id, strategy_id, name: null, created_at }] });
  const setOffer = (offer: number | null) =>
    store.query(`update adsuite_mirror.strategies set tune_offer_id = ${offer} where id = 2`);

  test('a payout that a later copy of the event changes, the largest change first', async () => {
    const later = '2026-01-10T01:00:00Z';
    await addRaw(store, { events: [conversion('a', later, 1.5), conversion('b', later, -2)] });
    expect(await found()).toEqual([
      'PAYOUT_CHANGED of b: payout 1.0000 -> -2.0000',
      'PAYOUT_CHANGED of a: payout 1.0000 -> 1.5000',
    ]);
    // Once: the next build has nothing to compare it with.
    expect(await found()).toEqual([]);
    await addRaw(store, { events: [{ ...conversion('a', '2026-01-10T09:00:00Z'), payout: null }] });
    expect(await found()).toEqual(['PAYOUT_CHANGED of a: payout 1.5000 -> none']);
  });

  test('a click that a later copy completes', async () => {
    const copy = (click_id: string, value: object) => ({
      ...{ click_id, timestamp: at('11:00:00'), loaded_at: '2026-01-10T01:00:00Z', ...value },
    });
    await addRaw(store, { clicks: [copy('bare', { campaign_id: 10 })] });
    expect(await found()).toEqual(['CLICK_COMPLETED bare: conversions 1, campaign 10']);
    await addRaw(store, { clicks: [copy('bare', { campaign_id: 10, iteration_id: 2 })] });
    expect(await found()).toEqual(['CLICK_COMPLETED bare: conversions 1, iteration 2']);
    // Not complete, as the iteration does not exist yet. When it does, the click is the same.
    await addRaw(store, { clicks: [copy('a', { campaign_id: 10, iteration_id: 77 })] });
    expect(await found()).toEqual([]);
    await addIteration(77, at('15:00:00'), 2);
    expect(await found()).toEqual([]);
    // A click that arrives later is not completed.
    await addRaw(store, { events: [conversion('new', '2026-01-11T00:00:00Z')] });
    expect(await found()).toEqual([]);
    await addRaw(store, { clicks: [copy('new', { campaign_id: 10, iteration_id: 2 })] });
    expect(await found()).toEqual([]);
  });

  test('an offer that changes to another one, also after a time without any', async () => {
    await setOffer(201);
    expect(await found()).toEqual(['OFFER_CHANGED 2: offer 200 -> 201']);
    expect(await found({}, true)).toEqual([]);
    await setOffer(null);
    expect(await found()).toEqual([]);
    await setOffer(201);
    expect(await found()).toEqual([]);
    await setOffer(null);
    expect(await found()).toEqual([]);
    await setOffer(202);
    expect(await found()).toEqual(['OFFER_CHANGED 2: offer 201 -> 202']);
    // Its first offer.
    await addRaw(store, { strategies: [{ id: 3, name: 'three', tune_offer_id: null, created_at: at('00:00:00') }] });
    expect(await found()).toEqual([]);
    await store.query('update adsuite_mirror.strategies set tune_offer_id = 300 where id = 3');
    expect(await found()).toEqual([]);
  });

  test('an offer that only a failed build saw is not the one before', async () => {
    const copy = new DbtProjectCopy();
    try {
      copy.edit(
        'models/marts/attribution_builds.sql',
        '    gold.attributed,',
        '    gold.attributed / 0 as attributed,',
      );
      await setOffer(201);
      const failed = nextRun();
      await expect(runDbtProject(copy.load(), store, failed)).rejects.toThrow(/division by zero/);
      expect(await findingsOf(failed.invocationId)).toEqual(['OFFER_CHANGED 2: offer 200 -> 201']);
      expect(await found()).toEqual(['OFFER_CHANGED 2: offer 200 -> 201']);
      await setOffer(202);
      await expect(runDbtProject(copy.load(), store, nextRun())).rejects.toThrow(/division by zero/);
      await setOffer(201);
      expect(await found()).toEqual([]);
    } finally {
      copy.remove();
    }
  });

  describe('a new iteration', () => {
    const backdated = 'ITERATION_BACKDATED 3: strategy 1, 2026-01-01T11:30:00.000000Z, not there until';

    test('that began before the build before takes conversions that were attributed', async () => {
      await addRaw(store, {
        clicks: [{ click_id: 'c', campaign_id: 10, timestamp: at('11:45:00'), loaded_at: at('11:45:00') }],
        events: [conversion('c', '2026-01-10T01:00:00Z')],
      });
      expect(await found()).toEqual([]);
      await addIteration(3, at('11:30:00'));
      expect(await found()).toEqual([`${backdated} 2026-01-10T06:00:00.000000Z, takes conversions: 1`]);
      expect(await found()).toEqual([]);
    });

    test('is normal if it began after the mirror was refreshed, also late, and with a clock that is a little behind', async () => {
      await addIteration(3, '2026-01-09T23:45:00Z');
      expect(await found()).toEqual([]);
      // The mirror of the last build was a day old.
      await store.query(`insert into adsuite_mirror.refreshes select view_name, '2026-01-09T06:00:00Z', '2026-01-09T06:01:00Z'
        from (values ('strategies'), ('iterations')) as views (view_name)`);
      expect(await found()).toEqual([]);
      await addIteration(4, '2026-01-09T23:50:00Z');
      expect(await found()).toEqual([]);
      await addIteration(5, '2026-01-09T05:44:59Z');
      expect(await found()).toEqual([
        'ITERATION_BACKDATED 5: strategy 1, 2026-01-09T05:44:59.000000Z, not there until 2026-01-09T06:00:00.000000Z, takes conversions: 0',
      ]);
    });

    test('that precedes all others, or is of a strategy that had none, takes nothing from another', async () => {
      await addIteration(3, at('08:00:00'));
      await addIteration(4, at('08:00:00'), 2);
      await addIteration(5, at('09:00:00'), 2);
      expect(await found()).toEqual([]);
    });
  });

  describe('the share of unattributed conversions', () => {
    /** Adds conversions without a click to the three, of which one is unattributed. */
    const lose = (count: number) =>
      addRaw(store, {
        events: Array.from({ length: count }, (_, index) => conversion(`lost ${index}`, '2026-01-10T01:00:00Z')),
      });
    const few = { unattributed_jump_minimum: 1 };

    test('that rises is found, with the reasons', async () => {
      await lose(21);
      expect(await found()).toEqual([
        'UNATTRIBUTED_SHARE_JUMPED goal_complete_events_attributed: 33.33 % -> 91.67 %, more: 21 CLICK_NOT_FOUND 21',
      ]);
      expect(await found()).toEqual([]);
    });

    test('can not rise from a build without conversions', async () => {
      await store.query('truncate events.events');
      expect(await found(few, true)).toEqual([]);
      await lose(21);
      expect(await found(few)).toEqual([]);
    });

    test('must rise by enough points, and by enough conversions', async () => {
      await lose(19);
      // By 19 conversions.
      expect(await found()).toEqual([]);
      await store.query("delete from events.events where event_id like 'of lost%'");
      expect(await found({}, true)).toEqual([]);
      await lose(1);
      // 33.33 to 50 percent.
      expect(await found({ ...few, unattributed_jump_points: 16.6667 })).toEqual([]);
      await store.query("delete from events.events where event_id like 'of lost%'");
      expect(await found({}, true)).toEqual([]);
      await lose(1);
      expect(await found({ ...few, unattributed_jump_points: 16.6 })).toHaveLength(1);
    });
  });

  test('nothing is found if the history begins again', async () => {
    await setOffer(201);
    await addIteration(3, at('11:30:00'));
    await addRaw(store, { events: [conversion('a', '2026-01-10T01:00:00Z', 7)] });
    await store.query('delete from attribution.attribution_history');
    expect(await found({ unattributed_jump_points: 0, unattributed_jump_minimum: 0 })).toEqual([]);
    await setOffer(202);
    expect(await found()).toEqual(['OFFER_CHANGED 2: offer 201 -> 202']);
  });

  test('another source of data is not compared with, and has findings of its own', async () => {
    await store.query('drop schema if exists embedded cascade');
    await store.query('create schema embedded');
    for (const statement of keptRecordTableStatements('embedded')) await store.query(statement);
    const change = async (from: string, to: string, offer: number, payout: number) => {
      const remembered = await store.query(rememberedOriginsQuery('embedded'));
      const origins = remembered.rows.map(({ origin }) => String(origin));
      for (const statement of embeddedChangeStatements({ from, to, remembered: origins, isCopy: false })) {
        await store.query(statement);
      }
      await store.query('truncate events.events');
      await addRaw(store, { events: [conversion('a', at('14:00:00'), payout)] });
      await setOffer(offer);
      return found({ unattributed_jump_points: 0, unattributed_jump_minimum: 0 }, true);
    };
    const negatives = async () => {
      const { rows } = await store.query(
        `select first_seen_build_number::int as first, last_seen_build_number::int as last, resolved_build_number::int as resolved
         from attribution.finding_intervals where check_name = 'NEGATIVE_PAYOUT'`,
      );
      return rows;
    };
    expect(await change('one', 'two', 201, -1)).toEqual([]);
    expect(await negatives()).toEqual([{ first: 2, last: 2, resolved: null }]);
    expect(await change('two', 'one', 200, 1)).toEqual([]);
    expect(await negatives()).toEqual([]);
    expect(await change('one', 'two', 201, -1)).toEqual([]);
    expect(await negatives()).toEqual([{ first: 2, last: 4, resolved: null }]);
    // Offers are those of the source.
    await setOffer(202);
    expect(await found()).toEqual(['OFFER_CHANGED 2: offer 201 -> 202']);
  });
});
