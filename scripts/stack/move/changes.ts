import type { Client } from 'pg';
import { LocalError } from '../../../local/errors.ts';
import { instantFromPostgres } from '../../../src/domain/instant.ts';
import { type Ask, allPages } from '../graphql.ts';
import type { AdsuiteIteration, Totals } from './expected.ts';
import { type Conversion, readConversions } from './queries.ts';

/** The changes of one demonstration, and the totals before them. */
export interface Changes {
  readonly target: Target;
  readonly iteration: NewIteration;
  /** Null if every strategy has a tune_offer_id. */
  readonly late: LateOffer | null;
  readonly before: Totals;
}

/** A strategy with a live iteration, whose tune_offer_id no other strategy has. */
export interface Target {
  readonly id: string;
  readonly name: string | null;
  readonly tuneOfferId: string;
  readonly live: { readonly id: string; readonly createdAt: string };
  readonly campaignId: string;
}

interface StrategyNode {
  readonly id: string;
  readonly name: string | null;
  readonly tuneOfferId: string;
  readonly currentIteration: { readonly id: string; readonly createdAt: string } | null;
}

/** Chooses the eligible strategy with the most conversions. */
export async function chooseTarget(ask: Ask, warehouse: Client): Promise<Target> {
  const { metrics } = await ask<{ metrics: { nodes: { strategyId: string | null }[] } }>(
    '{ metrics(groupBy: [STRATEGY], first: 1000) { nodes { strategyId } } }',
  );
  const ranks = new Map(metrics.nodes.map(({ strategyId }, rank) => [strategyId, rank]));
  const strategies = await allPages<StrategyNode>(
    ask,
    `query ($after: String) { strategies(filter: { hasTuneOffer: true }, first: 1000, after: $after) {
      nodes { id name tuneOfferId currentIteration { id createdAt } } pageInfo { hasNextPage endCursor } } }`,
  );
  const byOffer = Map.groupBy(strategies, ({ tuneOfferId }) => tuneOfferId);
  const campaigns = await readCampaignsByOffer(warehouse);
  const rankOf = ({ id }: StrategyNode) => ranks.get(id) ?? ranks.size;
  for (const strategy of strategies.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    const { id, name, tuneOfferId, currentIteration: live } = strategy;
    const campaignId = campaigns.get(tuneOfferId);
    if (live === null || campaignId === undefined || byOffer.get(tuneOfferId)?.length !== 1) continue;
    if (Date.parse(live.createdAt) >= Date.now()) continue;
    return { id, name, tuneOfferId, live, campaignId };
  }
  throw new LocalError(
    'Nothing to demonstrate: no strategy has a campaign, a live iteration and a tune_offer_id that no other strategy has.',
  );
}

async function readCampaignsByOffer(warehouse: Client): Promise<Map<string, string>> {
  const { rows } = await warehouse.query<{ id: string; adaction_id: string }>(
    'select min(id) as id, adaction_id from adgem.campaigns where adaction_id is not null group by adaction_id',
  );
  return new Map(rows.map((row) => [row.adaction_id, row.id]));
}

/** An inserted iteration, and conversions with clicks around its beginning. */
export interface NewIteration extends AdsuiteIteration {
  readonly conversions: readonly { readonly id: string; readonly when: string; readonly payout: string }[];
}

/** Inserts an iteration that begins now, as AdSuite does. */
export async function insertIteration(adsuite: Client, strategyId: string): Promise<AdsuiteIteration> {
  const { rows } = await adsuite.query<{ id: string; created_at: string }>(
    `insert into public.iterations (iteration_id, strategy_id, name, created_at)
     select max(iteration_id) + 1, $1, 'made by stack:move', clock_timestamp() from public.iterations
     returning iteration_id as id, created_at::text`,
    [strategyId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was inserted');
  return { id: row.id, createdAt: instantFromPostgres(row.created_at) };
}

/** `clicked` is SQL; $2 is the iteration's beginning. */
const clicks = [
  {
    key: 'before',
    when: 'one microsecond before it',
    payout: '1.0000',
    clicked: "$2::timestamptz - interval '1 microsecond'",
  },
  { key: 'at', when: 'exactly at its beginning', payout: '2.0000', clicked: '$2::timestamptz' },
  {
    key: 'after',
    when: 'a moment after it',
    payout: '4.0000',
    clicked: "greatest($2::timestamptz + interval '1 microsecond', clock_timestamp())",
  },
];

/** Inserts clicks around an iteration's beginning, each with a conversion. */
export async function insertConversions(
  warehouse: Client,
  iteration: AdsuiteIteration,
  campaignId: string,
): Promise<NewIteration> {
  const conversions = [];
  for (const { key, when, payout, clicked } of clicks) {
    const id = conversionId(iteration.id, key);
    await warehouse.query(
      `with click as (
         insert into adgem.clicks (click_id, campaign_id, "timestamp", loaded_at)
         values ($1, $3, ${clicked}, clock_timestamp())
         returning click_id)
       insert into events.events (event_id, event_type, click_id, goal_reference_id, payout, "timestamp", loaded_at)
       select click_id, 'goal_complete', click_id, 'stack-move', $4, clock_timestamp(), clock_timestamp() from click`,
      [id, iteration.createdAt, campaignId, payout],
    );
    conversions.push({ id, when, payout });
  }
  return { ...iteration, conversions };
}

/** The id of an inserted click and its conversion. `key` is `before`, `at` or `after`. */
export const conversionId = (iterationId: string, key: string): string => `stack-${iterationId}-${key}`;

/** Moves an iteration's `created_at`, which AdSuite must never change. Returns the new value. */
export async function editCreatedAt(adsuite: Client, { id }: NewIteration, microseconds: number): Promise<string> {
  const { rows } = await adsuite.query<{ created_at: string }>(
    `update public.iterations set created_at = created_at + $2 * interval '1 microsecond'
     where iteration_id = $1 returning created_at::text`,
    [id, microseconds],
  );
  return instantFromPostgres(rows[0]?.created_at ?? '');
}

/** A strategy without a tune_offer_id, and an offer of campaigns whose conversions find no strategy. */
export interface LateOffer {
  readonly strategyId: string;
  readonly strategyName: string | null;
  readonly offer: string;
  /** The offer's conversions with status STRATEGY_NOT_FOUND. */
  readonly waiting: readonly Conversion[];
  /** The strategy's iterations. */
  readonly iterations: readonly AdsuiteIteration[];
}

/** Prefers a strategy whose name is the start of a campaign's name. Returns null if there is no strategy or no offer. */
export async function chooseLateOffer(ask: Ask, adsuite: Client, warehouse: Client): Promise<LateOffer | null> {
  const strategies = await allPages<{ id: string; name: string | null }>(
    ask,
    `query ($after: String) { strategies(filter: { hasTuneOffer: false }, first: 1000, after: $after) {
      nodes { id name } pageInfo { hasNextPage endCursor } } }`,
  );
  const { metrics } = await ask<{ metrics: { nodes: { campaignId: string }[] } }>(
    '{ metrics(groupBy: [CAMPAIGN], filter: { status: [STRATEGY_NOT_FOUND] }, first: 1000) { nodes { campaignId } } }',
  );
  const { rows: campaigns } = await warehouse.query<{ name: string | null; offer: string }>(
    'select name, adaction_id as offer from adgem.campaigns where id = any ($1) order by id',
    [metrics.nodes.map(({ campaignId }) => campaignId)],
  );
  const campaignOf = (strategy: { name: string | null }) =>
    campaigns.find(({ name }) => strategy.name !== null && name?.startsWith(strategy.name));
  const strategy = strategies.find(campaignOf) ?? strategies[0];
  const offer = (strategy && (campaignOf(strategy) ?? campaigns[0]))?.offer;
  if (strategy === undefined || offer === undefined) return null;
  return {
    strategyId: strategy.id,
    strategyName: strategy.name,
    offer,
    waiting: await readWaiting(ask, warehouse, offer),
    iterations: await readIterations(adsuite, strategy.id),
  };
}

/** Sets the strategy's tune_offer_id, as an AdSuite user would, long after the first click. */
export async function setTuneOffer(adsuite: Client, { strategyId, offer }: LateOffer): Promise<void> {
  const { rowCount } = await adsuite.query(
    'update public.strategies set tune_offer_id = $2 where id = $1 and tune_offer_id is null',
    [strategyId, offer],
  );
  if (rowCount !== 1) throw new LocalError(`Strategy ${strategyId} was changed by another user meanwhile. Try again.`);
}

async function readWaiting(ask: Ask, warehouse: Client, offer: string): Promise<Conversion[]> {
  const query = 'select distinct id from adgem.campaigns where adaction_id = $1';
  const { rows } = await warehouse.query<{ id: string }>(query, [offer]);
  return readConversions(ask, { campaignIds: rows.map(({ id }) => id), status: ['STRATEGY_NOT_FOUND'] });
}

async function readIterations(adsuite: Client, strategyId: string): Promise<AdsuiteIteration[]> {
  const { rows } = await adsuite.query<{ id: string; created_at: string }>(
    'select iteration_id as id, created_at::text from public.iterations where strategy_id = $1',
    [strategyId],
  );
  return rows.map((row) => ({ id: row.id, createdAt: instantFromPostgres(row.created_at) }));
}
