import { openTestDatabase, type RawWorld, type TestDatabase } from '../database.ts';

/** The instant of the first build of a push world. */
const pushWorldAsOf = '2026-02-20T00:00:00.000000Z';

const start = Date.UTC(2026, 0, 1);

/** So many hours after an iteration begins: each begins ten hours after the one before. */
function at(iteration: number, hours: number): string {
  return `${new Date(start + (iteration * 10 + hours) * 3_600_000).toISOString().slice(0, 19)}.000001Z`;
}

/**
 * Iterations 1 to `count` (100 at most), odd ones of strategy 1 and even ones of strategy 2, each with a click and a
 * conversion.
 */
export function pushWorld(count: number): RawWorld {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return {
    strategies: [1, 2].map((id) => ({ id: `${id}`, name: null, tune_offer_id: `${50 + id}`, created_at: at(0, 0) })),
    iterations: ids.map((id) => ({
      ...{ iteration_id: `${id}`, strategy_id: strategyOf(id), name: null, created_at: at(id, 0) },
    })),
    campaigns: [1, 2].map((id) => ({ id: `${id}`, name: null, adaction_id: `${50 + id}` })),
    clicks: ids.map((id) => ({
      ...{ click_id: `c${id}`, campaign_id: strategyOf(id), timestamp: at(id, 1) },
      ...{ iteration_id: null, loaded_at: at(id, 2) },
    })),
    events: ids.map((id) => event(id, `e${id}`)),
  };
}

/** What AdSuite must hold of an iteration of a push world that has so many conversions. */
export function heldOf(iteration: number, version: number, conversions: number) {
  const payout = ((iteration + 0.25) * conversions).toFixed(4);
  return {
    ...{ iterationId: `${iteration}`, strategyId: strategyOf(iteration), version, clicks: 1, conversions, payout },
    ...{ firstConversionAt: at(iteration, 3), lastConversionAt: at(iteration, 3) },
    byGoal: [{ goalReferenceId: 'g1', conversions, payout }],
  };
}

/** A warehouse with a push world of which one knows what it holds. */
export class PushWarehouse {
  /** The newest build's number. */
  version = 1;
  readonly #conversions = new Map<number, number>();

  private constructor(
    readonly database: TestDatabase,
    readonly count: number,
  ) {}

  static async open(count: number): Promise<PushWarehouse> {
    return new PushWarehouse(await openTestDatabase(pushWorld(count), pushWorldAsOf), count);
  }

  get iterations(): number[] {
    return Array.from({ length: this.count }, (_, index) => index + 1);
  }

  /** Makes a build in which each of these iterations has a conversion more; with vars of the dbt project. */
  async convert(iterations: readonly number[], vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.version += 1;
    for (const iteration of iterations) {
      this.#conversions.set(iteration, this.conversions(iteration) + 1);
      const row = event(iteration, `e${iteration}-${this.version}`);
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const values = Object.values(row).map((_, index) => `$${index + 1}`);
      await this.database.query(`insert into events.events (${columns}) values (${values})`, Object.values(row));
    }
    await this.build(vars);
  }

  /** Makes a build of what stands. */
  build(vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.database.build(new Date(Date.parse(pushWorldAsOf) + this.version * 3_600_000).toISOString(), vars);
  }

  conversions(iteration: number): number {
    return this.#conversions.get(iteration) ?? 1;
  }

  /** What AdSuite must hold of an iteration that was pushed with this version; absent: with the newest. */
  held(iteration: number, version = this.version) {
    return heldOf(iteration, version, this.conversions(iteration));
  }
}

const strategyOf = (iteration: number): string => `${2 - (iteration % 2)}`;

const event = (iteration: number, id: string) => ({
  ...{ event_id: id, event_type: 'goal_complete', click_id: `c${iteration}`, goal_reference_id: 'g1' },
  ...{ payout: `${iteration}.2500`, timestamp: at(iteration, 3), loaded_at: at(iteration, 4) },
});
