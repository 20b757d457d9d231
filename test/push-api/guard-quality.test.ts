import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '../support/push-api.ts';
import { type PushStage, stagesOf } from '../support/push-stages.ts';

const { warehouse, open } = stagesOf(6);
const query = (text: string) => warehouse().database.query(text);
const createdAt = (time: string) =>
  query(`update adsuite_mirror.iterations set created_at = '2026-01-01T${time}Z' where iteration_id = 1`);

const restored = '10:00:00.000001';
afterEach(async () => {
  await createdAt(restored);
  await query('update adsuite_mirror.iterations set strategy_id = 2 - iteration_id % 2');
});

interface Finding {
  readonly guard: string;
  readonly message: string;
  readonly iterationId: string | null;
}

const planned = async (stage: PushStage) => {
  const { plan } = await stage.ask<{ plan: { refusal: string | null; findings: Finding[] } }>(
    '{ plan: planMetricsPush(input: {}) { refusal findings { guard message iterationId } } }',
  );
  return plan;
};

const guards = ({ findings }: Pick<Run, 'findings'>) => findings.map(({ guard }) => guard);

describe('an error in the data', () => {
  test('refuses every push until it is fixed, with a message, and can be overridden with a reason', async () => {
    const world = warehouse();
    await world.convert([]);
    const stage = await open();
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: 6 } });
    await createdAt('10:00:00');
    await world.convert([1]);
    const { findings, refusal } = await planned(stage);
    // The receipt shows the same edit. It is reported once.
    expect(findings).toEqual([{ guard: 'DATA_QUALITY', message: expect.any(String), iterationId: '1' }]);
    expect(refusal).toMatch(
      /^CREATED_AT_EDITED in 1 iteration: 1 \(2026-01-01T10:00:00.000001Z -> 2026-01-01T10:00:00.000000Z\)\. .*accepted_iterations.*override: \{reason/,
    );
    const before = stage.sandbox.requests().length;
    const refused = await stage.push();
    expect(refused).toMatchObject({ state: 'REFUSED', refusal, override: null });
    expect(stage.sandbox.requests()).toHaveLength(before);

    const sent = await stage.push({ override: { reason: 'a known edit' } });
    expect(sent).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: 1 }, findings: refused.findings });
    // An override applies to one push.
    await world.convert([2]);
    expect(guards(await stage.push())).toEqual(['DATA_QUALITY']);

    await createdAt(restored);
    await world.convert([]);
    // AdSuite has the edited instant, so the correction is refused once as well.
    expect(guards(await stage.push())).toEqual(['CREATED_AT_EDITED']);
    expect((await stage.push({ override: { reason: 'put back' } })).state).toBe('SUCCEEDED');
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', findings: [] });
  });

  test('is one finding per check, without an iteration id if there are several', async () => {
    const world = warehouse();
    const stage = await open();
    await createdAt('10:00:00');
    await query('update adsuite_mirror.iterations set strategy_id = 1 where iteration_id in (2, 4)');
    await world.convert([]);
    const { findings } = await planned(stage);
    expect(findings.map(({ guard, iterationId }) => [guard, iterationId])).toEqual([
      ['DATA_QUALITY', '1'],
      ['DATA_QUALITY', null],
    ]);
    expect(findings[1]?.message).toMatch(
      /^STRATEGY_OF_ITERATION_EDITED in 2 iterations: 2 \(strategy 2 -> 1\), 4 \(strategy 2 -> 1\)\. /,
    );
  });

  test('refuses a push of iterations that lost conversions, however few per build', async () => {
    const world = warehouse();
    const limits = { lost_percent: 1 };
    await world.convert([], limits);
    const stage = await open();
    await stage.push({ override: { reason: 'the first' } });
    await query("update adgem.clicks set click_id = 'deleted ' || click_id where click_id = 'c1'");
    await query("delete from attribution.conversion_clicks where click_id = 'c1'");
    await world.convert([], limits);
    const { findings } = await planned(stage);
    expect(findings).toContainEqual({ guard: 'DATA_QUALITY', message: expect.any(String), iterationId: '1' });
    expect(findings[0]?.message).toMatch(
      /^ATTRIBUTION_LOST in 1 iteration: 1 \(lost \d+ of \d+: CLICK_NOT_FOUND \d+\)/,
    );
    expect(await stage.push()).toMatchObject({ state: 'REFUSED' });
    await query("update adgem.clicks set click_id = 'c1' where click_id = 'deleted c1'");
    await world.convert([], limits);
    expect(guards(await stage.push())).toEqual([]);
  });

  test('of another build is ignored, and so is a warning', async () => {
    const world = warehouse();
    await query("update events.events set payout = -1 where event_id = 'e3'");
    await world.convert([]);
    await query(`insert into attribution.data_quality_findings
      values ('half-made', 'ITERATION_GONE', 'ERROR', 1, 1, '7', null)`);
    const stage = await open();
    const { dataQuality } = await stage.ask<{ dataQuality: object[] }>('{ dataQuality { check severity count } }');
    expect(dataQuality).toEqual(
      ['NEGATIVE_PAYOUT', 'PAYOUT_CHANGED'].map((check) => ({ check, severity: 'WARNING', count: 1 })),
    );
    expect(await planned(stage)).toEqual({ refusal: null, findings: [] });
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', findings: [], counts: { accepted: 6 } });
    await query("update events.events set payout = 1 where event_id = 'e3'");
  });
});

describe('a build without a record', () => {
  test.each([
    ['rows', 'delete from attribution.data_quality_findings'],
    ['table', 'alter table attribution.data_quality_findings rename to hidden'],
  ])('(without its %s) is not pushed without an override', async (_, hide) => {
    await warehouse().convert([]);
    const stage = await open();
    await query(hide);
    try {
      const words = /^The build has no data-quality record, .* Run dbt build with the current models\./;
      const { findings, refusal } = await planned(stage);
      expect(findings).toEqual([{ guard: 'DATA_QUALITY', message: expect.stringMatching(words), iterationId: null }]);
      expect(await stage.push()).toMatchObject({ state: 'REFUSED', refusal });
      expect(await stage.refused('{ dataQuality { check } }')).toMatchObject({
        status: 409,
        code: 'QUALITY_NOT_RECORDED',
        message: expect.stringMatching(
          /^The data quality of build build-\d+ is unknown: it was made by dbt models without checks/,
        ),
      });
      expect((await stage.push({ override: { reason: 'the first of these models' } })).state).toBe('SUCCEEDED');
    } finally {
      await query('alter table if exists attribution.hidden rename to data_quality_findings');
    }
  });
});
