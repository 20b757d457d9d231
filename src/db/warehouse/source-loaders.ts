import DataLoader from 'dataloader';
import { textKey } from '../../domain/ids.ts';
import type { BuildReader, Warehouse } from './connect.ts';
import { batchScheduleFn, byKey, maxKeys } from './loader-factories.ts';
import { type LookUpPeriod, LookUpTooFar, lookUpPeriods, type SourceLookUp } from './look-up-periods.ts';
import {
  type SourceCampaignRow,
  type SourceClickRow,
  type SourceEventRow,
  sourceCampaigns,
  sourceClicks,
  sourceEvents,
} from './queries/live.ts';
import {
  type MovedIterationRow,
  type MovedStrategyRow,
  movedIterations,
  movedStrategies,
} from './queries/live-moves.ts';

/**
 * The loaders of a request that read the sources as they are now.
 *
 * @param build the tables of the build being served, with which the mirror of AdSuite is compared.
 */
export const sourceLoaders = (shared: Warehouse, build: BuildReader) => ({
  /** An event as the event stream has it now. */
  sourceEvent: byLookUp<SourceEventRow>((period) => sourceEvents(shared, period)),
  /** A click as AdGem's table has it now. */
  sourceClick: byLookUp<SourceClickRow>((period) => sourceClicks(shared, period)),
  /** A campaign as AdGem's table has it now. */
  sourceCampaign: byKey<SourceCampaignRow>(
    (ids) => sourceCampaigns(shared, ids),
    (row) => row.id,
  ),
  /** The strategies that have another offer now, by the id of one of the two offers. */
  movedStrategiesOf: bySide<MovedStrategyRow>(
    (offers) => movedStrategies(build, offers),
    (row) => [row.offer_id, row.offer_id_now],
  ),
  /** The iterations that have another strategy or time now, by the id of one of the two strategies. */
  movedIterationsOf: bySide<MovedIterationRow>(
    (strategies) => movedIterations(build, strategies),
    (row) => [row.strategy_id, row.strategy_id_now],
  ),
});

/**
 * A row of a source by its id, or null. Each period is a statement: if one fails, the other look-ups have their rows.
 *
 * @throws {LookUpTooFar} for a look-up in none of the periods.
 */
function byLookUp<Row extends { readonly id: string }>(fetch: (period: LookUpPeriod) => Promise<Row[]>) {
  return new DataLoader<SourceLookUp, Row | null, string>(
    async (lookUps) => {
      const found = new Map<SourceLookUp, Row | null | Error>();
      const read = async (period: LookUpPeriod) => {
        const rows = await fetch(period).catch((error: Error) => error);
        const byId = rows instanceof Error ? rows : new Map(rows.map((row) => [textKey(row.id), row]));
        for (const lookUp of period.lookUps) {
          found.set(lookUp, byId instanceof Error ? byId : (byId.get(textKey(lookUp.id)) ?? null));
        }
      };
      await Promise.all(lookUpPeriods(lookUps).map(read));
      return lookUps.map((lookUp) => {
        const row = found.get(lookUp);
        return row === undefined ? new LookUpTooFar() : row;
      });
    },
    { maxBatchSize: maxKeys, batchScheduleFn, cacheKeyFn: (lookUp) => JSON.stringify(lookUp) },
  );
}

/** The rows that have a key before or now. */
function bySide<Row>(
  fetch: (keys: readonly string[]) => Promise<Row[]>,
  keysOf: (row: Row) => readonly (string | null)[],
) {
  return new DataLoader<string, readonly Row[]>(
    async (keys) => {
      const rows = await fetch(keys);
      return keys.map((key) => rows.filter((row) => keysOf(row).includes(key)));
    },
    { maxBatchSize: maxKeys, batchScheduleFn },
  );
}
