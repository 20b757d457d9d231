import type { Client } from 'pg';
import { StackError } from '../errors.ts';
import { type Ask, allPages } from '../graphql.ts';

/** A strategy that attribution finds by its offer, with the iteration that is live in it. */
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

/** The strategy with the most conversions that has its offer to itself, a campaign, and a live iteration. */
export async function chooseTarget(ask: Ask, warehouse: Client): Promise<Target> {
  const { metrics } = await ask<{ metrics: { nodes: { strategyId: string | null }[] } }>(
    '{ metrics(groupBy: [STRATEGY], first: 1000) { nodes { strategyId } } }',
  );
  const busiest = new Map(metrics.nodes.map(({ strategyId }, rank) => [strategyId, rank]));
  const strategies = await allPages<StrategyNode>(
    ask,
    `query ($after: String) { strategies(filter: { hasTuneOffer: true }, first: 1000, after: $after) {
      nodes { id name tuneOfferId currentIteration { id createdAt } } pageInfo { hasNextPage endCursor } } }`,
  );
  const owners = Map.groupBy(strategies, ({ tuneOfferId }) => tuneOfferId);
  const campaigns = await campaignsByOffer(warehouse);
  const rank = ({ id }: StrategyNode) => busiest.get(id) ?? busiest.size;
  for (const strategy of strategies.toSorted((a, b) => rank(a) - rank(b))) {
    const { id, name, tuneOfferId, currentIteration: live } = strategy;
    const campaignId = campaigns.get(tuneOfferId);
    if (live === null || campaignId === undefined || owners.get(tuneOfferId)?.length !== 1) continue;
    if (Date.parse(live.createdAt) >= Date.now()) continue;
    return { id, name, tuneOfferId, live, campaignId };
  }
  throw new StackError(
    'No strategy has an offer to itself, a campaign and a live iteration: there is nothing to show.',
  );
}

async function campaignsByOffer(warehouse: Client): Promise<Map<string, string>> {
  const { rows } = await warehouse.query<{ id: string; adaction_id: string }>(
    'select min(id) as id, adaction_id from adgem.campaigns where adaction_id is not null group by adaction_id',
  );
  return new Map(rows.map((row) => [row.adaction_id, row.id]));
}
