import { isInstant } from '../../domain/instant.ts';
import type { CampaignRow } from '../warehouse/queries/campaigns.ts';
import type { IterationRow } from '../warehouse/queries/iterations.ts';
import type { Ranked } from '../warehouse/queries/snapshot.ts';
import type { StrategyRow } from '../warehouse/queries/strategies.ts';
import type { Named } from './small-tables.ts';
import { Unsuitable } from './unsuitable.ts';

/** Times are compared as texts, which needs the canonical form. The models clamp or leave out all others. */
function checkTime(time: string | null, table: string): void {
  if (time !== null && !isInstant(time)) throw new Unsuitable(`${table} has the time ${time}`);
}

/** Removes the places from rows, which then equal those of SQL. */
function named<Row>(rows: readonly Ranked<Row>[], plain: (row: Ranked<Row>) => Row): Named<Row> {
  return { rows: rows.map(plain), ranks: Int32Array.from(rows, (row) => Number(row.name_rank) - 1) };
}

/** Strategies in the order of their ids. @throws {Unsuitable} */
export const namedStrategies = (rows: readonly Ranked<StrategyRow>[]): Named<StrategyRow> =>
  named(rows, ({ id, name, tune_offer_id, created_at }) => {
    checkTime(created_at, 'strategies');
    return { id, name, tune_offer_id, created_at };
  });

/** Campaigns in the order of their ids. */
export const namedCampaigns = (rows: readonly Ranked<CampaignRow>[]): Named<CampaignRow> =>
  named(rows, ({ id, name, offer_id, strategy_id, problem }) => ({ id, name, offer_id, strategy_id, problem }));

/** Checks iterations. @throws {Unsuitable} */
export function checkedIterations(rows: readonly IterationRow[]): readonly IterationRow[] {
  for (const { created_at: begin, ended_at: end } of rows) {
    checkTime(begin, 'iterations');
    checkTime(end, 'iterations');
  }
  return rows;
}
