import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultGuardLimits } from '../../src/config/push.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { instantFromDate } from '../../src/domain/instant.ts';
import type { QualityFinding } from '../../src/domain/quality.ts';
import { buildFindings, comparison, type GuardedBuild, refusalText } from '../../src/push/guards/build.ts';
import { IterationGuards } from '../../src/push/guards/iterations.ts';
import { PayoutGuard } from '../../src/push/guards/payout.ts';
import { namedAsEdited, qualityFindings } from '../../src/push/guards/quality.ts';
import type { PreviousPush } from '../../src/push/ledger.ts';
import type { PlanEntry } from '../../src/push/plan/plan.ts';
import { noValues, valuesText } from '../../src/push/values.ts';
import { soundQuality } from '../support/push-doubles.ts';

const limits = { ...defaultGuardLimits, buildMinutes: 60, mirrorMinutes: 30 };
const now = new Date('2026-03-01T12:00:00.000Z');
const secondsAgo = (seconds: number) => instantFromDate(new Date(now.getTime() - 1000 * seconds));

const fresh: GuardedBuild = {
  asOf: secondsAgo(0),
  mirrorRefreshedAt: secondsAgo(0),
  conversions: 1000,
  attributed: 900,
};

const last = (conversions: number, attributed: number): PreviousPush => ({
  runId: 'r1',
  build: { id: 'b1', version: 1, asOf: secondsAgo(3600) },
  conversions,
  attributed,
});

const guardsOf = (build: GuardedBuild, previous: PreviousPush | null) =>
  buildFindings(build, previous, now, limits).map((finding) => finding.guard);

describe('age', () => {
  test.each([
    ['at its limit', 60 * 60 + 59, []],
    ['one minute over', 61 * 60, ['BUILD_TOO_OLD']],
    ['from the future', -3600, []],
  ])('of a build: %s', (_, seconds, expected) => {
    expect(guardsOf({ ...fresh, asOf: secondsAgo(seconds) }, null)).toEqual(expected);
  });

  test.each([
    ['at its limit', secondsAgo(30 * 60), []],
    ['one minute over', secondsAgo(31 * 60), ['MIRROR_TOO_OLD']],
    ['unknown', null, ['MIRROR_TOO_OLD']],
  ])('of the mirror: %s', (_, mirrorRefreshedAt, expected) => {
    expect(guardsOf({ ...fresh, mirrorRefreshedAt }, null)).toEqual(expected);
  });

  test('is refused only above the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * 60 }), (minutes) => {
        const found = guardsOf(
          { ...fresh, asOf: secondsAgo(60 * minutes), mirrorRefreshedAt: secondsAgo(60 * minutes) },
          null,
        );
        expect(found.includes('BUILD_TOO_OLD')).toBe(minutes > limits.buildMinutes);
        expect(found.includes('MIRROR_TOO_OLD')).toBe(minutes > limits.mirrorMinutes);
      }),
    );
  });
});

describe('against the last push', () => {
  test.each([
    ['ten points more without an iteration', 1000, 800, last(1000, 900), []],
    ['slightly more than ten points', 1000, 799, last(1000, 900), ['UNATTRIBUTED_SHARE_JUMPED']],
    ['ten points more, with different totals', 1200, 960, last(1000, 900), []],
    ['far fewer without an iteration', 1000, 1000, last(1000, 100), []],
    ['50 % more', 1500, 1350, last(1000, 900), []],
    ['one more than that', 1501, 1351, last(1000, 900), ['TOTAL_JUMPED']],
    ['10 % fewer', 900, 810, last(1000, 900), []],
    ['one fewer than that', 899, 810, last(1000, 900), ['TOTAL_JUMPED']],
    ['none at all', 0, 0, last(1000, 900), ['TOTAL_JUMPED']],
    ['a last push too small to compare with', 5000, 0, last(99, 99), []],
    ['the smallest to compare with', 5000, 0, last(100, 100), ['UNATTRIBUTED_SHARE_JUMPED', 'TOTAL_JUMPED']],
    ['no push before', 5000, 0, null, []],
  ])('%s', (_, conversions, attributed, previous, expected) => {
    expect(guardsOf({ ...fresh, conversions, attributed }, previous)).toEqual(expected);
  });

  test('the share is compared exactly, at any size', () => {
    const count = fc.integer({ min: 100, max: 2_000_000_000 });
    fc.assert(
      fc.property(count, fc.nat(), count, fc.nat(), (all, some, allBefore, someBefore) => {
        const [unattributed, before] = [some % (all + 1), someBefore % (allBefore + 1)];
        const build = { ...fresh, conversions: all, attributed: all - unattributed };
        const found = guardsOf(build, last(allBefore, allBefore - before));
        // unattributed / all > before / allBefore + 10 / 100, over the common denominator.
        const [u, a, v, b] = [unattributed, all, before, allBefore].map(BigInt) as [bigint, bigint, bigint, bigint];
        expect(found.includes('UNATTRIBUTED_SHARE_JUMPED')).toBe(100n * u * b > 100n * v * a + 10n * a * b);
      }),
    );
  });

  test('the message has the finding, the limit, and the variable that sets it', () => {
    const found = buildFindings({ ...fresh, conversions: 2000, attributed: 1000 }, last(1000, 900), now, limits);
    expect(found.map(({ message }) => message)).toEqual([
      '50.0 % of all conversions have no iteration, up from 10.0 % in the last push (r1); the limit is 10 percentage points more (PUSH_UNATTRIBUTED_POINTS).',
      'The build has 2000 conversions; the last push (r1) had 1000; the limit is 50 % more (PUSH_GROWTH_PERCENT).',
    ]);
    expect(refusalText(found)).toMatch(
      /PUSH_GROWTH_PERCENT\)\. dataQuality and attributionSummary may show the cause\. To send it anyway, give a reason: override: \{reason: "…"\}/,
    );
    expect(refusalText([])).toBeNull();
  });

  test.each([
    ['none', null, 'Nothing was sent before'],
    ['one too small', last(99, 0), 'is not compared with push r1 (build 1): it had 99 conversions'],
    ['one', last(100, 0), 'is compared with push r1 (build 1).'],
  ])('the comparison is described: %s', (_, previous, text) => {
    expect(comparison(previous, limits)).toContain(text);
  });
});

const createdAt = '2026-01-01T00:00:00.000000Z';

function entry(iterationId: string, from: number, to: number, rest: Partial<PlanEntry> = {}): PlanEntry {
  const old = { ...noValues, conversions: from };
  const receipt = {
    strategyId: '1',
    version: 1,
    runId: 'r1',
    acceptedAt: createdAt,
    iterationId,
    createdAt,
    values: old,
    peakConversions: from,
  };
  const values = { ...noValues, conversions: to };
  return {
    ...{ iterationId, strategyId: '1', createdAt, old, receipt, isInBuild: true, isChanged: from !== to },
    ...{ new: values, oldText: valuesText(old), newText: valuesText(values) },
    ...rest,
  };
}

function payoutFindings(old: readonly [number, string], values: readonly [number, string]) {
  const pays = ([conversions, payout]: readonly [number, string]) => ({ ...noValues, conversions, payout });
  const guard = new PayoutGuard(limits);
  guard.see([
    entry('7', 0, 0, { old: pays(old), new: pays(values) }),
    // Never sent, so it has no average to compare with.
    entry('8', 0, 0, { old: null, new: pays([1_000_000, '1.0000']) }),
  ]);
  return guard.findings();
}

describe('the average payout', () => {
  test.each([
    ['50 % more', [100, '200.0000'], [100, '300.0000'], 0],
    ['slightly more than 50 % more', [100, '200.0000'], [100, '300.0001'], 1],
    ['less by the same factor', [100, '300.0000'], [100, '200.0000'], 0],
    ['slightly less than that', [100, '300.0000'], [100, '199.9999'], 1],
    ['half', [100, '200.0000'], [100, '100.0000'], 1],
    ['the opposite sign', [100, '200.0000'], [100, '-200.0000'], 1],
    ['the same for ten times the conversions', [100, '200.0000'], [1000, '2000.0000'], 0],
    ['nothing', [100, '200.0000'], [100, '0.0000'], 1],
    ['something after nothing', [100, '0.0000'], [100, '0.0001'], 1],
    ['nothing after nothing', [100, '0.0000'], [100, '0.0000'], 0],
    ['more negative by more than 50 %', [100, '-200.0000'], [100, '-300.0001'], 1],
    ['too few conversions to compare with', [99, '200.0000'], [100, '9000.0000'], 0],
    ['no conversions, which other guards detect', [100, '200.0000'], [0, '0.0000'], 0],
  ] as const)('%s', (_, old, values, count) => {
    expect(payoutFindings(old, values)).toHaveLength(count);
  });

  test('is compared exactly, at any size', () => {
    const sum = fc.tuple(fc.integer({ min: 100, max: 2_000_000_000 }), fc.bigInt({ min: 0n, max: 10n ** 15n }));
    fc.assert(
      fc.property(sum, sum, ([conversions, payout], [conversionsNow, payoutNow]) => {
        const [before, after] = [payout * BigInt(conversionsNow), payoutNow * BigInt(conversions)];
        const isBeyond = 2n * after > 3n * before || 3n * after < 2n * before;
        expect(payoutFindings([conversions, decimal(payout)], [conversionsNow, decimal(payoutNow)])).toHaveLength(
          isBeyond ? 1 : 0,
        );
      }),
    );
  });

  test('has a message with both averages and the limit', () => {
    expect(payoutFindings([100, '200.0000'], [200, '900.0000'])).toEqual([
      {
        guard: 'PAYOUT_JUMPED',
        message:
          'The average payout of the iterations that AdSuite has would be 4.5000 per conversion (900.0000 for 200); it is 2.0000 per conversion (200.0000 for 100). The limit is 50 % more, or less by the same factor (PUSH_PAYOUT_PERCENT).',
        iterationId: null,
      },
    ]);
  });
});

function findingsOf(...entries: readonly PlanEntry[]) {
  const guards = new IterationGuards(limits);
  for (const each of entries) guards.see([each]);
  return guards.findings();
}

describe('an iteration', () => {
  test.each([
    ['loses half', 100, 50, 0],
    ['loses more than half', 100, 49, 1],
    ['loses all of a few', 20, 0, 0],
    ['loses all of one more', 21, 0, 1],
    ['loses many of very many', 10_000, 5000, 0],
    ['grows', 10, 10_000, 0],
  ])('%s', (_, from, to, count) => {
    expect(findingsOf(entry('7', from, to)).map(({ guard }) => guard)).toEqual(
      new Array(count).fill('ITERATION_SHRANK'),
    );
  });

  test.each([
    ['loses again', 60, 49, 1],
    ['has lost exactly half of it', 60, 50, 0],
    ['loses none', 49, 49, 0],
    ['grows', 40, 49, 0],
  ])('that had 100 conversions once, and %s', (_, from, to, count) => {
    const { receipt, ...rest } = entry('7', from, to);
    const found = findingsOf({ ...rest, receipt: receipt && { ...receipt, peakConversions: 100 } });
    expect(found.map(({ guard }) => guard)).toEqual(new Array(count).fill('ITERATION_SHRANK'));
  });

  test.each([
    ['half of its clicks', 100, 50, 0],
    ['more than half of its clicks', 100, 49, 1],
    ['all of a few clicks', 20, 0, 0],
    ['no clicks', 30, 30, 0],
  ])('that keeps its conversions and loses %s', (_, from, to, count) => {
    const { old, new: values, ...rest } = entry('7', 5, 5);
    const found = findingsOf({ ...rest, old: old && { ...old, clicks: from }, new: { ...values, clicks: to } });
    const message = `Iteration 7 would go from ${from} clicks to ${to}. The limit is 50 % fewer`;
    expect(found).toEqual(
      new Array(count).fill({
        ...{ guard: 'ITERATION_SHRANK', iterationId: '7' },
        message: expect.stringContaining(message),
      }),
    );
  });

  test('that loses conversions and clicks is reported once', () => {
    const { old, new: values, ...rest } = entry('7', 100, 10);
    const found = findingsOf({ ...rest, old: old && { ...old, clicks: 100 }, new: { ...values, clicks: 10 } });
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('from 100 conversions to 10')]);
  });

  test('that is no longer in the build is reported as gone', () => {
    const [finding] = findingsOf(entry('7', 40, 0, { isInBuild: false, createdAt: '2020-01-01T00:00:00.000000Z' }));
    expect(finding).toMatchObject({ guard: 'ITERATION_SHRANK', iterationId: '7' });
    expect(finding?.message).toContain(
      'from 40 conversions to 0. It is no longer in the build. The limit is 50 % fewer',
    );
  });

  test('that was never sent, or whose instant has another format, has no findings', () => {
    const never = entry('7', 0, 5, { old: null, receipt: null, createdAt: '2026-02-02T00:00:00.000000Z' });
    expect(findingsOf(never, entry('8', 5, 5, { createdAt: '2026-01-01T01:00:00+01:00' }))).toEqual([]);
  });

  test('whose created_at differs by a microsecond was edited, even if its values are the same', () => {
    const edited = entry('7', 5, 5, { createdAt: '2026-01-01T00:00:00.000001Z' });
    const [finding] = findingsOf(edited);
    expect(finding).toMatchObject({ guard: 'CREATED_AT_EDITED', iterationId: '7' });
    expect(finding?.message).toContain(`${createdAt} in the last push, and is 2026-01-01T00:00:00.000001Z`);
  });

  test('the ten that lose most are named, the others counted, in any order', () => {
    const losses = fc.uniqueArray(fc.integer({ min: 30, max: 10_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(losses, (lost) => {
        const found = findingsOf(...lost.map((each, at) => entry(String(at), each, 0)));
        const worst = lost
          .map((each, at) => ({ each, at }))
          .sort((one, other) => other.each - one.each)
          .map(({ at }) => String(at));
        expect(found.flatMap(({ iterationId }) => iterationId ?? [])).toEqual(worst.slice(0, 10));
        const rest = found.filter(({ iterationId }) => iterationId === null).map(({ message }) => message);
        expect(rest).toEqual(lost.length > 10 ? [`${lost.length - 10} more iterations shrank too much.`] : []);
      }),
    );
  });
});

describe('the quality of a build', () => {
  const found = (
    check: QualityFinding['check'],
    count: number,
    rest: Partial<QualityFinding> = {},
  ): QualityFinding => ({
    ...{ check, severity: 'ERROR', count },
    subjects: Array.from({ length: Math.min(count, 10) }, (_, at) => ({ id: String(at + 1), detail: null })),
    ...rest,
  });

  /** The results of all required checks, with these findings. */
  const record = (...findings: readonly QualityFinding[]) => [
    ...soundQuality.filter(({ check }) => findings.every((each) => each.check !== check)),
    ...findings,
  ];

  test('has one finding per failed check, with its subjects, their number and the remedy', () => {
    const [gone, campaigns, strategies, ...others] = qualityFindings(
      record(
        found('ITERATION_GONE', 12),
        found('CAMPAIGN_CONFLICT', 1, { subjects: [{ id: '7', detail: 'offers 1 and 2' }] }),
        found('STRATEGY_CONFLICT', 2),
        found('ITERATION_CONFLICT', 0),
        found('SHARED_OFFER', 3, { severity: 'WARNING' }),
      ),
    );
    expect(others).toEqual([]);
    expect(strategies?.message).toMatch(/^STRATEGY_CONFLICT in 2 strategies: 1, 2\. /);
    expect(gone).toMatchObject({ guard: 'DATA_QUALITY', iterationId: null });
    expect(gone?.message).toMatch(/^ITERATION_GONE in 12 iterations: 1, 2, .*, 10, and 2 more\. .*accepted_iterations/);
    expect(campaigns).toMatchObject({ guard: 'DATA_QUALITY', iterationId: null });
    expect(campaigns?.message).toMatch(/^CAMPAIGN_CONFLICT in 1 campaign: 7 \(offers 1 and 2\)\. /);
  });

  test('names the iteration if there is one', () => {
    expect(qualityFindings(record(found('ITERATION_GONE', 1)))).toMatchObject([{ iterationId: '1' }]);
  });

  test('without a record is a finding; without failures it is not', () => {
    expect(qualityFindings(null)).toMatchObject([{ guard: 'DATA_QUALITY', iterationId: null }]);
    expect(qualityFindings(soundQuality)).toEqual([]);
  });

  test('with a missing check is a finding', () => {
    const [finding, ...others] = qualityFindings(soundQuality.filter(({ check }) => check !== 'ITERATION_GONE'));
    expect(others).toEqual([]);
    expect(finding?.message).toMatch(/^The build was not checked for ITERATION_GONE:/);
  });

  test('with missing and failed checks has a finding for all of them', () => {
    const required = new Set(['ITERATION_GONE', 'ITERATION_CONFLICT', 'STRATEGY_CONFLICT']);
    const others = soundQuality.filter(({ check }) => !required.has(check));
    const findings = qualityFindings([...others, found('STRATEGY_CONFLICT', 2)]).map(({ message }) => message);
    expect(findings).toEqual([
      expect.stringMatching(/^STRATEGY_CONFLICT in 2 strategies: 1, 2\. /),
      expect.stringMatching(/^The build was not checked for (?=.*\bITERATION_GONE\b)(?=.*\bITERATION_CONFLICT\b)/),
    ]);
  });

  test('includes checks of newer models that this service does not know', () => {
    const newer = found('NEWER_CHECK' as QualityFinding['check'], 2);
    expect(qualityFindings(record(newer))).toMatchObject([
      {
        guard: 'DATA_QUALITY',
        message: expect.stringMatching(/^NEWER_CHECK in 2 subjects: 1, 2\. .*This service is older/),
        iterationId: null,
      },
    ]);
    expect(qualityFindings(record({ ...newer, severity: 'WARNING' }))).toEqual([]);
  });

  test('reports an edited created_at instead of the receipt guard, if it names the iteration', () => {
    const guards = new IterationGuards(limits, namedAsEdited([found('CREATED_AT_EDITED', 11)]));
    const edited = (id: string) => entry(id, 5, 5, { createdAt: '2026-01-01T00:00:00.000001Z' });
    guards.see([edited('10'), edited('11')]);
    expect(guards.findings()).toMatchObject([{ guard: 'CREATED_AT_EDITED', iterationId: '11' }]);
    expect([...namedAsEdited(null), ...namedAsEdited([found('ITERATION_GONE', 1)])]).toEqual([]);
  });
});
