import type { Client } from 'pg';
import { instantFromPostgres } from '../../../src/domain/instant.ts';
import { StackError } from '../errors.ts';
import { type Ask, allPages } from '../graphql.ts';
import { type Conversion, readConversions } from './conversions.ts';
import type { KnownIteration } from './predict.ts';

/** A strategy without an offer, and an offer that conversions wait for a strategy with. */
export interface LateOffer {
  readonly strategyId: string;
  readonly strategyName: string | null;
  readonly offer: string;
  /** All that are STRATEGY_NOT_FOUND for the want of it. */
  readonly waiting: readonly Conversion[];
  /** Of the strategy, as AdSuite has them. */
  readonly iterations: readonly KnownIteration[];
}

/**
 * Finds a strategy whose tune_offer_id is missing though conversions wait for it: by its name, which campaigns carry, or
 * any. Null if there is none left.
 */
export async function chooseLate(ask: Ask, adsuite: Client, warehouse: Client): Promise<LateOffer | null> {
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
  const namesake = (strategy: { name: string | null }) =>
    campaigns.find(({ name }) => strategy.name !== null && name?.startsWith(strategy.name));
  const strategy = strategies.find(namesake) ?? strategies[0];
  const offer = (strategy && (namesake(strategy) ?? campaigns[0]))?.offer;
  if (strategy === undefined || offer === undefined) return null;
  return {
    strategyId: strategy.id,
    strategyName: strategy.name,
    offer,
    waiting: await waitingFor(ask, warehouse, offer),
    iterations: await readIterations(adsuite, strategy.id),
  };
}

/** AdSuite's part: somebody fills the offer in, long after the first click. */
export async function fillIn(adsuite: Client, { strategyId, offer }: LateOffer): Promise<void> {
  const { rowCount } = await adsuite.query(
    'update public.strategies set tune_offer_id = $2 where id = $1 and tune_offer_id is null',
    [strategyId, offer],
  );
  if (rowCount !== 1) throw new StackError(`Strategy ${strategyId} was changed just now by somebody else. Try again.`);
}

async function waitingFor(ask: Ask, warehouse: Client, offer: string): Promise<Conversion[]> {
  const query = 'select distinct id from adgem.campaigns where adaction_id = $1';
  const { rows } = await warehouse.query<{ id: string }>(query, [offer]);
  return readConversions(ask, { campaignIds: rows.map(({ id }) => id), status: ['STRATEGY_NOT_FOUND'] });
}

async function readIterations(adsuite: Client, strategyId: string): Promise<KnownIteration[]> {
  const { rows } = await adsuite.query<{ id: string; created_at: string }>(
    'select iteration_id as id, created_at::text from public.iterations where strategy_id = $1',
    [strategyId],
  );
  return rows.map((row) => ({ id: row.id, createdAt: instantFromPostgres(row.created_at) }));
}
