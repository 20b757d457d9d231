import { afterEach, expect, test } from 'vitest';
import { shown } from '../../src/connections/pushes.ts';
import { noValues } from '../../src/push/values.ts';
import { type PushStage, stagesOf } from '../support/push-stages.ts';

const { warehouse, open } = stagesOf(4);
const query = (text: string) => warehouse().database.query(text);

// Restores the tables.
afterEach(() => warehouse().convert([]));

const daily = 'attribution.iteration_metrics_daily';
/** Each plants a time that RFC 3339 can't express in iteration 2. */
const plants: Readonly<Record<string, readonly string[]>> = {
  'an iteration that began never': [
    "update attribution.iterations_with_end_time set created_at = 'infinity' where iteration_id = 2",
  ],
  'an iteration that began always': [
    "update attribution.iterations_with_end_time set created_at = '-infinity' where iteration_id = 2",
  ],
  'a conversion at infinity': [`update ${daily} set last_converted_at = 'infinity' where iteration_id = 2`],
  'a conversion before Christ': [
    `update ${daily} set first_converted_at = '0044-03-15 00:00:00+00 BC' where iteration_id = 2`,
  ],
  // As text, 9026 is later than 58133, and 0010 earlier than 0044 BC.
  'a far future, hidden by another goal': [
    `insert into ${daily} select iteration_id, strategy_id, 'g0', conversion_day, 0, 0, first_converted_at,
       '58133-01-01 00:00:00+00' from ${daily} where iteration_id = 2`,
    `insert into ${daily} select iteration_id, strategy_id, 'g2', conversion_day, 0, 0, first_converted_at,
       '9026-01-01 00:00:00+00' from ${daily} where iteration_id = 2 and goal_reference_id = 'g1'`,
  ],
  'a far past, hidden by another goal': [
    `insert into ${daily} select iteration_id, strategy_id, 'g0', conversion_day, 0, 0,
       '0044-03-15 00:00:00+00 BC', last_converted_at from ${daily} where iteration_id = 2`,
    `insert into ${daily} select iteration_id, strategy_id, 'g2', conversion_day, 0, 0,
       '0010-01-01 00:00:00+00', last_converted_at from ${daily} where iteration_id = 2 and goal_reference_id = 'g1'`,
  ],
};

const operations = [
  'mutation { pushMetrics(input: {override: {reason: "a test"}}) { id } }',
  'mutation { pushMetrics(input: {dryRun: true}) { id } }',
  '{ planMetricsPush(input: {}) { planHash } }',
  '{ pushDrift { compared } }',
];

async function expectRefused(stage: PushStage, error: Readonly<Record<string, string>>): Promise<void> {
  for (const operation of operations) {
    const before = stage.sandbox.requests().filter(({ method }) => method !== 'GET').length;
    const answer = await stage.service.send(operation, undefined as never);
    expect(answer).toMatchObject({
      status: 409,
      errors: [
        { message: expect.stringMatching(/Nothing was sent\.$/), extensions: { code: 'TIME_OUT_OF_RANGE', ...error } },
      ],
    });
    expect(stage.sandbox.requests().filter(({ method }) => method !== 'GET')).toHaveLength(before);
  }
  expect(await stage.service.send('{ pushRuns { totalCount } }', undefined as never)).toMatchObject({
    data: { pushRuns: { totalCount: 0 } },
  });
}

test.each(Object.entries(plants))(
  '%s: the push is refused before anything is sent or recorded',
  async (_, statements) => {
    const stage = await open();
    for (const statement of statements) await query(statement);
    await expectRefused(stage, { type: 'Iteration', id: '2' });
    // The other iterations can be pushed.
    expect(await stage.push({ iterationIds: ['1', '3', '4'] })).toMatchObject({
      state: 'SUCCEEDED',
      counts: { accepted: 3 },
    });
  },
);

test('a build of no time is refused', async () => {
  const stage = await open();
  await query("update attribution.attribution_builds set as_of = 'infinity'");
  const { rows } = await query(
    'select build_id from attribution.attribution_builds order by build_number desc limit 1',
  );
  await expectRefused(stage, { type: 'Build', id: String(rows[0]?.build_id), column: 'as_of' });
});

test('a mirror refreshed at no time is of unknown age', async () => {
  const stage = await open();
  await query("update attribution.attribution_builds set mirror_refreshed_at = 'infinity'");
  expect(await stage.push()).toMatchObject({ state: 'REFUSED', findings: [{ guard: 'MIRROR_TOO_OLD' }] });
});

test('values that an older version sent are shown without such a time', () => {
  const values = { ...noValues, firstConversionAt: '-infinity', lastConversionAt: '2026-01-01T00:00:00.000000Z' };
  expect(shown(values)).toMatchObject({ firstConversionAt: null, lastConversionAt: values.lastConversionAt });
});
