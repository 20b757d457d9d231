import fc from 'fast-check';
import { decimal, tenThousandths } from '../../src/domain/decimal.ts';
import { compareIds } from '../../src/domain/ids.ts';
import type { BuildQuality, PushSource, SourceBuild } from '../../src/push/plan/source.ts';
import type { BuiltIteration, GoalValues, MetricsValues } from '../../src/push/types.ts';
import { inOrderOfGoals } from '../../src/push/values.ts';
import { soundQuality } from './quality.ts';

const instants = fc
  .integer({ min: 0, max: 3 })
  .map((microsecond) => `2026-02-0${1 + (microsecond % 2)}T00:00:00.00000${microsecond}Z`);

const goals = fc.uniqueArray(
  fc.record({
    goalReferenceId: fc.constantFrom(null, 'g1', 'g2', 'ä', '\u{1F600}'),
    conversions: fc.integer({ min: 1, max: 60 }),
    payout: fc.bigInt({ min: -5n, max: 10n ** 20n }).map(decimal),
  }),
  { selector: (goal) => goal.goalReferenceId, maxLength: 3 },
);

/** Values that add up, as a build has them. */
export const someValues: fc.Arbitrary<MetricsValues> = fc
  .tuple(fc.integer({ min: 0, max: 3 }), goals, instants, instants)
  .map(([clicks, byGoal, ...times]) => {
    const [first = null, last = null] = byGoal.length === 0 ? [] : times.toSorted();
    return {
      clicks,
      ...summed(byGoal),
      firstConversionAt: first,
      lastConversionAt: last,
      byGoal: inOrderOfGoals(byGoal),
    };
  });

function summed(byGoal: readonly GoalValues[]): Pick<MetricsValues, 'conversions' | 'payout'> {
  return {
    conversions: byGoal.reduce((sum, goal) => sum + goal.conversions, 0),
    payout: decimal(byGoal.reduce((sum, goal) => sum + tenThousandths(goal.payout), 0n)),
  };
}

/** Ids of one, two and nineteen digits, so that the order of texts is not that of numbers. */
const ids = fc.constantFrom('1', '2', '3', '9', '10', '11', '20', '100', '9223372036854775807');

/** A build's iterations, in the order of ids as numbers. */
export const snapshots: fc.Arbitrary<BuiltIteration[]> = fc
  .uniqueArray(
    fc.record({
      iterationId: ids,
      strategyId: fc.constantFrom('1', '2'),
      createdAt: instants,
      values: someValues,
    }),
    { selector: (row) => row.iterationId, maxLength: 9, size: 'max' },
  )
  .map((rows) => rows.sort((one, other) => compareIds(one.iterationId, other.iterationId)));

/** A list as pages of this size. */
export async function* paged<Row>(rows: readonly Row[], size: number): AsyncGenerator<readonly Row[], void, undefined> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** A build of these iterations, with ages that no guard refuses at `present`. */
export function buildOf(number: number, rows: readonly BuiltIteration[], rest: Partial<SourceBuild> = {}): SourceBuild {
  const attributed = conversionsOf(rows);
  return {
    ...{ id: `build-${number}`, version: number, asOf: '2026-02-28T23:30:00.000000Z' },
    ...{ mirrorRefreshedAt: '2026-02-28T23:29:00.000000Z', conversions: attributed, attributed },
    ...rest,
  };
}

const conversionsOf = (rows: readonly BuiltIteration[]): number =>
  rows.reduce((sum, { values }) => sum + values.conversions, 0);

/** A warehouse whose tables and newest build a test sets; what is under way in it sees the change, as in a real one. */
export class TestWarehouse {
  rows: readonly BuiltIteration[] = [];
  newest: SourceBuild | null = null;
  /** What the checks found in every build: nothing at first. */
  quality: BuildQuality = soundQuality;
  /** Called after each page that is read. */
  onPage: () => Promise<void> | void = () => {};
  readonly #pageSize: number;

  constructor(pageSize = 2) {
    this.#pageSize = pageSize;
  }

  /** Makes a build of these iterations, as a pipeline that has gone through. */
  build(number: number, rows: readonly BuiltIteration[], rest: Partial<SourceBuild> = {}): void {
    this.rows = rows;
    this.newest = buildOf(number, rows, rest);
  }

  readonly source: PushSource = {
    build: async () => this.newest,
    quality: async () => this.quality,
    conversions: async () => conversionsOf(this.rows),
    metrics: ({ iterationIds, strategyIds }) => {
      const rows = this.rows
        .filter(({ iterationId }) => iterationIds?.includes(iterationId) ?? true)
        .filter(({ strategyId }) => strategyIds?.includes(strategyId) ?? true);
      return this.#pages(rows);
    },
  };

  async *#pages(rows: readonly BuiltIteration[]) {
    for await (const page of paged(rows, this.#pageSize)) {
      yield page;
      await this.onPage();
    }
  }
}
