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

/** Collects rows in the order of their ids, without their places by name: they then equal those of SQL. */
abstract class NamedFill<Row> {
  readonly #rows: Row[] = [];
  readonly #ranks: number[] = [];

  /** @throws {Unsuitable} */
  add(row: Ranked<Row>): void {
    this.#rows.push(this.plain(row));
    this.#ranks.push(Number(row.name_rank) - 1);
  }

  finish(): Named<Row> {
    return { rows: this.#rows, ranks: Int32Array.from(this.#ranks) };
  }

  protected abstract plain(row: Ranked<Row>): Row;
}

export class StrategiesFill extends NamedFill<StrategyRow> {
  protected plain({ id, name, tune_offer_id, created_at }: Ranked<StrategyRow>): StrategyRow {
    checkTime(created_at, 'strategies');
    return { id, name, tune_offer_id, created_at };
  }
}

export class CampaignsFill extends NamedFill<CampaignRow> {
  protected plain({ id, name, offer_id, strategy_id, problem }: Ranked<CampaignRow>): CampaignRow {
    return { id, name, offer_id, strategy_id, problem };
  }
}

/** Collects iterations in the order of their ids. */
export class IterationsFill {
  readonly rows: IterationRow[] = [];

  /** @throws {Unsuitable} */
  add(row: IterationRow): void {
    checkTime(row.created_at, 'iterations');
    checkTime(row.ended_at, 'iterations');
    this.rows.push(row);
  }
}
