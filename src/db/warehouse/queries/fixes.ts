import { sql } from 'kysely';
import type { FixName } from '../../../domain/fixes.ts';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting, time } from '../order.ts';
import { allOf, isIn } from '../sql.ts';

export interface FixRow {
  readonly id: string;
  readonly fix: FixName;
  readonly subject_id: string | null;
  readonly conversions: string;
  readonly payout: string;
  readonly first_converted_at: string;
  readonly waiting_since_build_number: string | null;
}

export type FixOrderField = 'ID' | 'CONVERSIONS' | 'PAYOUT' | 'OLDEST_CONVERSION' | 'WAITING_SINCE';

const since = sql.ref('waiting_since_build_number');

export const fixSorting: Sorting<FixRow, FixOrderField> = sorting('UnattributedFix', 'fix_id', {
  CONVERSIONS: { column: sql.ref('conversions'), value: (row: FixRow) => row.conversions, nullable: false },
  PAYOUT: { column: sql.ref('payout'), value: (row: FixRow) => row.payout, nullable: false },
  OLDEST_CONVERSION: {
    ...time('first_converted_at'),
    value: (row: FixRow) => row.first_converted_at,
    nullable: false,
  },
  WAITING_SINCE: { column: since, value: (row: FixRow) => row.waiting_since_build_number, nullable: true },
});

/** How many conversions wait for an entry of the work list, and their payout. */
export type WaitingRow = Pick<FixRow, 'id' | 'conversions' | 'payout'>;

/** What waits for the entries with these ids, unordered. An entry for which nothing waits has no row. */
export function waitingByFixes(warehouse: BuildReader, ids: readonly string[]): Promise<WaitingRow[]> {
  const query = warehouse.db
    .selectFrom('unattributed_fixes')
    .select(['fix_id as id', 'conversions', 'payout'])
    .where(isIn(sql.ref('fix_id'), ids));
  return warehouse.rows('fixes.waiting', query);
}

/** What to fix, in a total order. @param names null: all fixes. */
export function fixList(
  warehouse: BuildReader,
  names: readonly FixName[] | null,
  order: Order<FixOrderField>,
): ListQuery<'unattributed_fixes', FixRow> {
  return {
    name: 'fixes.page',
    select: () =>
      warehouse.db
        .selectFrom('unattributed_fixes')
        .select(['fix_id as id', 'fix', 'subject_id', 'conversions', 'payout', 'first_converted_at'])
        .select('waiting_since_build_number')
        .where(allOf(names === null ? [] : [isIn(sql.ref('fix'), names)])),
    sort: fixSorting.columns(order),
  };
}
