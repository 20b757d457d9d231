import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BuildReader } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { type Order, type Sorting, sorting } from '../order.ts';
import { allOf, contains, isIn } from '../sql.ts';
import type { CampaignProblemName } from '../tables.ts';

export interface CampaignRow {
  readonly id: string;
  readonly name: string | null;
  readonly offer_id: string | null;
  readonly strategy_id: string | null;
  readonly problem: CampaignProblemName | null;
}

/** Conditions on campaigns, combined with AND. An empty list matches nothing. */
export interface CampaignFilter {
  readonly ids?: readonly string[] | null;
  readonly offerIds?: readonly string[] | null;
  readonly nameContains?: string | null;
  /** true: only campaigns with a problem; false: only campaigns without one. */
  readonly hasProblem?: boolean | null;
  readonly problems?: readonly CampaignProblemName[] | null;
}

export type CampaignOrderField = 'ID' | 'NAME' | 'OFFER';

const id = sql.ref('campaign_id');
const offer = sql.ref('tune_offer_id');
const problem = sql.ref('problem');

export const campaignSorting: Sorting<CampaignRow, CampaignOrderField> = sorting('Campaign', 'campaign_id', {
  NAME: { column: sql.ref('campaign_name'), value: (row: CampaignRow) => row.name, nullable: true },
  OFFER: { column: offer, value: (row: CampaignRow) => row.offer_id, nullable: true },
});

/** The campaigns that match a filter, in a total order. */
export function campaignList(
  warehouse: BuildReader,
  filter: CampaignFilter,
  order: Order<CampaignOrderField>,
): ListQuery<'campaigns', CampaignRow> {
  return {
    name: 'campaigns.page',
    select: () => campaignColumns(warehouse).where(allOf(campaignConditions(filter))),
    sort: campaignSorting.columns(order),
  };
}

/** The campaigns with these ids, unordered. */
export function campaignsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<CampaignRow[]> {
  return warehouse.rows('campaigns.byId', campaignColumns(warehouse).where(isIn(id, ids)));
}

function campaignColumns(warehouse: BuildReader) {
  return warehouse.db
    .selectFrom('campaigns')
    .select(['campaign_id as id', 'campaign_name as name', 'tune_offer_id as offer_id', 'strategy_id', 'problem']);
}

function campaignConditions(filter: CampaignFilter): RawBuilder<SqlBool>[] {
  const conditions: RawBuilder<SqlBool>[] = [];
  if (filter.ids) conditions.push(isIn(id, filter.ids));
  if (filter.offerIds) conditions.push(isIn(offer, filter.offerIds));
  if (filter.nameContains) conditions.push(contains(sql.ref('campaign_name'), filter.nameContains));
  if (filter.hasProblem === true) conditions.push(sql<SqlBool>`${problem} is not null`);
  if (filter.hasProblem === false) conditions.push(sql<SqlBool>`${problem} is null`);
  if (filter.problems) conditions.push(isIn(problem, filter.problems));
  return conditions;
}
