import { describe, expect, test } from 'vitest';
import { defaultGuardLimits, type GuardLimits } from '../../src/config/push.ts';
import type { PushWarehouse } from '../support/push-api.ts';
import { stagesOf } from '../support/push-stages.ts';

const count = 6;
const { warehouse, open } = stagesOf(count);

/** Limits that nothing exceeds. */
const lenient: GuardLimits = { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 };
const query = (text: string) => warehouse().database.query(text);
const nothing = async () => {};

const cases: readonly {
  readonly guard: string;
  readonly limits: Partial<GuardLimits>;
  readonly words: RegExp;
  readonly move: (world: PushWarehouse) => Promise<void>;
  readonly back: () => Promise<unknown>;
}[] = [
  {
    guard: 'BUILD_TOO_OLD',
    limits: { buildMinutes: 1 },
    words: /The build is .* old .*the limit is 1 minute \(BUILD_STALE_AFTER_MINUTES\)/,
    move: nothing,
    back: nothing,
  },
  {
    guard: 'MIRROR_TOO_OLD',
    limits: { mirrorMinutes: 1 },
    words: /The mirror of AdSuite's tables is .* old .*\(MIRROR_STALE_AFTER_MINUTES\)/,
    move: nothing,
    back: nothing,
  },
  {
    guard: 'UNATTRIBUTED_SHARE_JUMPED',
    limits: { comparedFrom: 1, growthPercent: 1000 },
    words: /50\.0 % of all conversions have no iteration, up from 0\.0 %.*PUSH_UNATTRIBUTED_POINTS/,
    move: async (world) => {
      await query(`insert into events.events (event_id, event_type, "timestamp")
        select 'lost' || n, 'goal_complete', '2026-02-01' from generate_series(1, ${count}) as n`);
      await world.convert([]);
    },
    back: () => query("delete from events.events where event_id like 'lost%'"),
  },
  {
    guard: 'TOTAL_JUMPED',
    limits: { comparedFrom: 1 },
    words: /The build has 10 conversions; the last push \(.*\) had 6; the limit is 50 % more \(PUSH_GROWTH_PERCENT\)/,
    move: (world) => world.convert([1, 2, 3, 4]),
    back: () => query("delete from events.events where event_id like 'e%-%'"),
  },
  {
    guard: 'PAYOUT_JUMPED',
    limits: { comparedFrom: 1 },
    words: /would be \S+ per conversion .*; it is \S+ per conversion .* The limit is 50 % more.*PUSH_PAYOUT_PERCENT/,
    move: async (world) => {
      await query('update events.events set payout = 2 * payout');
      await world.convert([]);
    },
    back: () => query('update events.events set payout = payout / 2'),
  },
  {
    guard: 'ITERATION_SHRANK',
    limits: { iterationShrinkMinimum: 0 },
    words: /Iteration 1 would go from 1 conversions to 0\..*PUSH_ITERATION_SHRINK_PERCENT/,
    move: async (world) => {
      await query("update events.events set event_type = 'other' where event_id = 'e1'");
      await world.convert([]);
    },
    back: () => query("update events.events set event_type = 'goal_complete' where event_id = 'e1'"),
  },
  {
    guard: 'CREATED_AT_EDITED',
    limits: {},
    words: /created_at of iteration 1 was .* in the last push, and is 2026-01-01T10:00:00.000000Z now/,
    // An edit that is not accepted is reported by DATA_QUALITY, see guard-quality.test.ts.
    move: async (world) => {
      await query("update adsuite_mirror.iterations set created_at = '2026-01-01T10:00:00Z' where iteration_id = 1");
      await world.convert([], { accepted_iterations: [{ id: 1, created_at: '2026-01-01T10:00:00Z' }] });
    },
    back: () =>
      query("update adsuite_mirror.iterations set created_at = '2026-01-01T10:00:00.000001Z' where iteration_id = 1"),
  },
];

interface Plan {
  readonly refusal: string;
  readonly findings: readonly { readonly guard: string }[];
  readonly totals: { readonly changed: number };
  readonly rows: readonly { readonly iterationId: string }[];
}

describe('a guard', () => {
  test.each(cases)(
    '$guard refuses with a message, and can be overridden with a reason',
    async ({ guard, limits, words, move, back }) => {
      const world = warehouse();
      await world.convert([]);
      const stage = await open({ limits: { ...lenient, ...limits } });
      const isAboutAge = limits.buildMinutes !== undefined || limits.mirrorMinutes !== undefined;
      if (!isAboutAge) expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: count } });
      await move(world);
      const before = stage.sandbox.requests().length;
      const { plan } = await stage.ask<{ plan: Plan }>(
        '{ plan: planMetricsPush(input: {}) { refusal findings { guard } totals { changed } rows { iterationId } } }',
      );
      expect(plan.findings.map((finding) => finding.guard)).toEqual([guard]);

      const refused = await stage.push({ requestedBy: 'a test' });
      expect(refused).toMatchObject({
        state: 'REFUSED',
        override: null,
        refusal: plan.refusal,
        // What an override would send.
        counts: { planned: plan.totals.changed, pending: plan.totals.changed, accepted: 0 },
        rows: { totalCount: plan.totals.changed },
      });
      expect(refused.rows.nodes.map((row) => row.iterationId).sort()).toEqual(
        plan.rows.map((row) => row.iterationId).sort(),
      );
      expect(refused.findings).toEqual([{ guard, message: expect.stringMatching(words) }]);
      expect(refused.refusal).toMatch(words);
      expect(refused.refusal).toContain('override: {reason: "…"}');
      expect(stage.sandbox.requests()).toHaveLength(before);
      expect(await stage.refused(`mutation { retryPush(runId: "${refused.id}") { id } }`)).toMatchObject({
        code: 'NOTHING_TO_RETRY',
      });

      const sent = await stage.push({ override: { reason: 'it was looked at' }, requestedBy: 'a test' });
      expect(sent.state).toBe('SUCCEEDED');
      expect(sent.override).toEqual({ reason: 'it was looked at', by: 'a test', at: expect.any(String) });
      expect(sent.findings).toEqual(refused.findings);
      if (!isAboutAge)
        expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', findings: [], counts: { planned: 0 } });
      await back();
    },
  );
});
