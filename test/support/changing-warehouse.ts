import fc from 'fast-check';
import type * as operations from '../generated/operations.ts';
import { openTestDatabase, type RawWorld, type TestDatabase } from './warehouses.ts';

/** A change of the sources, as a statement. */
export type Change = string;

const minute = (minutes: number) => `timestamptz '2026-01-01T00:00:00Z' + interval '${minutes} minutes'`;

/** Six events, clicks, campaigns, offers, strategies and iterations, so that changes meet each other. */
const one = fc.integer({ min: 1, max: 6 });
const offer = fc.oneof(
  fc.constant('null'),
  fc.integer({ min: 51, max: 54 }).map((each) => String(each)),
);
const time = fc.integer({ min: 0, max: 12 }).map((each) => minute(each * 10));

const insert = (table: string, columns: string, values: fc.Arbitrary<string>) =>
  values.map((each) => `insert into ${table} (${columns}) values (${each})`);

/** Changes of each hop, with values of few kinds: some change nothing, and some undo an earlier one. */
export const changes: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(one, fc.integer({ min: 0, max: 3 }))
    .map(([id, payout]) => `update events.events set payout = ${payout}.5 where event_id like 'e${id}%'`),
  fc
    .tuple(one, one)
    .map(([id, click]) => `update events.events set click_id = 'c${click}' where event_id like 'e${id}%'`),
  one.map((id) => `delete from events.events where event_id like 'e${id}%'`),
  insert(
    'events.events',
    'event_id, event_type, click_id, goal_reference_id, payout, "timestamp", loaded_at',
    fc
      .tuple(one, one, one)
      .map(
        ([id, more, click]) =>
          `'e${id}${more}', 'goal_complete', 'c${click}', 'g${more}', ${id}, ${minute(200)}, ${minute(210)}`,
      ),
  ),
  fc.tuple(one, time).map(([id, at]) => `update adgem.clicks set "timestamp" = ${at} where click_id = 'c${id}'`),
  fc
    .tuple(one, one)
    .map(([id, campaign]) => `update adgem.clicks set campaign_id = ${campaign} where click_id = 'c${id}'`),
  fc
    .tuple(one, fc.oneof(fc.constant('null'), one.map(String)))
    .map(([id, iteration]) => `update adgem.clicks set iteration_id = ${iteration} where click_id = 'c${id}'`),
  one.map((id) => `delete from adgem.clicks where click_id = 'c${id}'`),
  insert(
    'adgem.clicks',
    'click_id, campaign_id, "timestamp", loaded_at',
    fc.tuple(one, one, time).map(([id, campaign, at]) => `'c${id}', ${campaign}, ${at}, ${minute(150)}`),
  ),
  fc.tuple(one, offer).map(([id, own]) => `update adgem.campaigns set adaction_id = ${own} where id = ${id}`),
  one.map((id) => `delete from adgem.campaigns where id = ${id}`),
  insert(
    'adgem.campaigns',
    'id, name, adaction_id',
    fc.tuple(one, offer).map(([id, own]) => `${id}, 'campaign', ${own}`),
  ),
  fc
    .tuple(one, offer)
    .map(([id, own]) => `update adsuite_mirror.strategies set tune_offer_id = ${own} where id = ${id}`),
  fc
    .tuple(one, time)
    .map(([id, at]) => `update adsuite_mirror.iterations set created_at = ${at} where iteration_id = ${id}`),
  fc
    .tuple(one, one)
    .map(
      ([id, strategy]) => `update adsuite_mirror.iterations set strategy_id = ${strategy} where iteration_id = ${id}`,
    ),
  one.map((id) => `delete from adsuite_mirror.iterations where iteration_id = ${id}`),
  insert(
    'adsuite_mirror.iterations',
    'iteration_id, strategy_id, name, created_at',
    fc.tuple(one, one, time).map(([id, strategy, at]) => `${id}, ${strategy}, 'iteration', ${at}`),
  ),
);

const ids = [1, 2, 3, 4, 5, 6];
const instant = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();

/** A world in which most conversions are attributed. */
const firstWorld: RawWorld = {
  strategies: ids.map((id) => ({
    id: String(id),
    name: `Strategy ${id}`,
    tune_offer_id: id > 4 ? null : String(50 + id),
    created_at: instant(0),
  })),
  iterations: ids.map((id) => ({
    iteration_id: String(id),
    strategy_id: String(1 + (id % 4)),
    name: `Iteration ${id}`,
    created_at: instant(10 * id),
  })),
  campaigns: ids.map((id) => ({ id: String(id), name: `Campaign ${id}`, adaction_id: String(51 + (id % 4)) })),
  clicks: ids.map((id) => ({
    click_id: `c${id}`,
    campaign_id: String(id),
    timestamp: instant(60 + id),
    iteration_id: null,
    loaded_at: instant(80),
  })),
  events: ids.flatMap((id) =>
    ids.map((more) => ({
      event_id: `e${id}${more}`,
      event_type: 'goal_complete',
      click_id: `c${1 + ((id + more) % 6)}`,
      goal_reference_id: `g${more}`,
      payout: `${id}.25`,
      timestamp: instant(100 + id),
      loaded_at: instant(120),
    })),
  ),
};

export type Attribution = operations.AttributionFragment;

/** A build, and its gold: all columns of each conversion, as text, by event id. */
export interface KeptBuild {
  readonly id: string;
  readonly gold: ReadonlyMap<string, GoldRow>;
}

export type GoldRow = Readonly<Record<string, string | null>>;

/** A warehouse whose sources change, which keeps the gold of each build beside the history. */
export class ChangingWarehouse {
  readonly builds: KeptBuild[] = [];

  private constructor(readonly database: TestDatabase) {}

  static async open(world = firstWorld): Promise<ChangingWarehouse> {
    const warehouse = new ChangingWarehouse(await openTestDatabase(world, asOf(0)));
    await warehouse.#keep();
    return warehouse;
  }

  get newest(): KeptBuild {
    const last = this.builds.at(-1);
    if (!last) throw new Error('no build');
    return last;
  }

  /** Changes the sources, builds, and keeps the gold. */
  async build(statements: readonly Change[], vars: Readonly<Record<string, unknown>> = {}): Promise<KeptBuild> {
    for (const statement of statements) await this.database.query(statement);
    await this.database.build(asOf(this.builds.length), vars);
    return this.#keep();
  }

  async #keep(): Promise<KeptBuild> {
    const { rows: builds } = await this.database.query<{ build_id: string }>(
      'select build_id from attribution.attribution_builds order by build_number desc limit 1',
    );
    const { rows } = await this.database.query<{ row: GoldRow }>(
      `select (select jsonb_object_agg(key, value) from jsonb_each_text(to_jsonb(gold))) as row
         from attribution.goal_complete_events_attributed as gold`,
    );
    const kept = {
      id: String(builds[0]?.build_id),
      gold: new Map(rows.map(({ row }) => [String(row.event_id), row])),
    };
    this.builds.push(kept);
    return kept;
  }
}

const asOf = (build: number): string => new Date(Date.UTC(2026, 1, 1) + build * 60_000).toISOString();

/** The ids of the conversions that differ between two builds. */
export function differing(one: KeptBuild, other: KeptBuild): string[] {
  const all = new Set([...one.gold.keys(), ...other.gold.keys()]);
  return [...all].filter((id) => JSON.stringify(one.gold.get(id)) !== JSON.stringify(other.gold.get(id))).toSorted();
}
