import { type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import { anyOf, isIn } from '../sql.ts';
import type { AttributionStatusName } from '../tables.ts';
import type { ExplainedRow } from './explain.ts';

/** What unattributed conversions wait for, by their status. */
const subjectOfStatus = {
  CAMPAIGN_NOT_FOUND: 'campaign_id',
  CAMPAIGN_WITHOUT_OFFER: 'campaign_id',
  STRATEGY_NOT_FOUND: 'campaign_offer_id',
  SHARED_OFFER: 'campaign_offer_id',
  NO_ITERATIONS: 'strategy_id',
  BEFORE_FIRST_ITERATION: 'strategy_id',
} as const satisfies Partial<Record<AttributionStatusName, keyof ExplainedRow>>;

type WaitingStatus = keyof typeof subjectOfStatus;

/** A status, and the id of the subject that its conversions wait for. */
export type WaitingKey = `${WaitingStatus} ${string}`;

/** What a conversion waits for; null if it is attributed, or waits for nothing that others wait for too. */
export function waitingKey(row: ExplainedRow): WaitingKey | null {
  const column = (subjectOfStatus as Partial<Record<AttributionStatusName, (typeof subjectOfStatus)[WaitingStatus]>>)[
    row.status
  ];
  const subject = column === undefined ? null : row[column];
  return subject === null ? null : (`${row.status} ${subject}` as WaitingKey);
}

export interface WaitingRow {
  readonly key: WaitingKey;
  readonly conversions: string;
  readonly payout: string | null;
}

/** How many conversions wait for each of these, and their payout. */
export async function waitingConversions(warehouse: BuildReader, keys: readonly WaitingKey[]): Promise<WaitingRow[]> {
  const branches = [...Map.groupBy(keys, (key) => key.split(' ')[0] as WaitingStatus)].map(([status, same]) => {
    const column = sql.ref(subjectOfStatus[status]);
    const subjects = same.map((key) => key.slice(status.length + 1));
    return {
      condition: sql<SqlBool>`(attribution_status = ${sql.lit(status)} and ${isIn(column, subjects)})`,
      subject: sql`when attribution_status = ${sql.lit(status)} then ${column}`,
    };
  });
  const cases = branches.map((branch) => branch.subject);
  const waiting = warehouse.db
    .selectFrom('goal_complete_events_attributed')
    .select(['attribution_status as status', 'payout', sql<string>`case ${sql.join(cases, sql` `)} end`.as('subject')])
    // Redundant, but PostgreSQL has an index on the iteration, which leads to the unattributed conversions.
    .where('iteration_id', 'is', null)
    .where(anyOf(branches.map((branch) => branch.condition)));
  const query = sql<{ status: WaitingStatus; subject: string; conversions: string; payout: string | null }>`
    select status, subject, count(*) as conversions, sum(payout) as payout
    from (${waiting}) as waiting
    group by status, subject`;
  const rows = await warehouse.rows('explain.waiting', query);
  return rows.map(({ status, subject, conversions, payout }) => ({ key: `${status} ${subject}`, conversions, payout }));
}
